/** Commands of the AWS command line, held to the schemas that the SDK's clients carry. */
/** A call of the AWS command line. */
export interface Call {
  readonly service: string;
  readonly operation: string;
  readonly options: readonly string[];
}

/** The calls of the AWS command line in a piece of shell. */
export function callsOf(text: string): readonly Call[] {
  const joined = text.replace(/\\\n\s*/g, ' ');
  return [...joined.matchAll(/(?<![\w-])aws (\S+) ((?:wait )?[a-z-]+) ((?:'[^']*'|"(?:[^"\\]|\\.)*"|[^;|)\n'"])*)/g)].map(
    ([, service = '', operation = '', rest = '']) => ({
      service,
      operation,
      options: [...rest.replace(/'[^']*'|"(?:[^"\\]|\\.)*"/g, '').matchAll(/--([a-z0-9-]+)/g)].map(([, option = '']) => option),
    }),
  );
}

const CLIENTS: Readonly<Record<string, string>> = {
  autoscaling: 'auto-scaling',
  stepfunctions: 'sfn',
};
const GLOBAL = ['region', 'query', 'output', 'cli-binary-format'];
/** Made by the command line itself: it signs a copy between Regions. */
const OF_THE_COMMAND_LINE = ['rds create-db-instance-read-replica --source-region'];
/** An operation behind each waiter that is used. */
const WAITERS: Readonly<Record<string, string>> = {
  'rds db-instance-available': 'describe-db-instances',
  'rds db-snapshot-available': 'describe-db-snapshots',
  'ecs services-stable': 'describe-services',
  'lambda function-updated': 'get-function-configuration',
};

/** What does not exist, by the schemas that the SDK's clients carry. */
export function wrongIn({ service, operation, options }: Call): readonly string[] {
  const waiter = /^wait (.*)$/.exec(operation)?.[1];
  const real = waiter === undefined ? operation : WAITERS[`${service} ${waiter}`];
  if (real === undefined) return [`${service} ${operation}`];
  const client: Readonly<Record<string, unknown>> = jest.requireActual(`@aws-sdk/client-${CLIENTS[service] ?? service}`);
  const schema = Object.entries(client).find(([name]) => name.endsWith('Command') && dashed(name.slice(0, -7)) === real)?.[0];
  if (schema === undefined) return [`${service} ${operation}`];
  const shape = client[`${schema.slice(0, -7)}$`] as readonly [number, string, string, unknown, () => unknown] | undefined;
  const known = membersOf(shape);
  return options
    .filter((option) => !GLOBAL.includes(option) && !known.map(dashed).includes(option.replace(/^no-/, '')))
    .map((option) => `${service} ${operation} --${option}`)
    .filter((wrong) => !OF_THE_COMMAND_LINE.includes(wrong));
}

/** As the command line spells the names of the API. */
const dashed = (name: string) =>
  name
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase();

/** An operation's schema leads to that of its input, whose fifth place lists the members. */
function membersOf(shape: readonly unknown[] | undefined): readonly string[] {
  const input = typeof shape?.[4] === 'function' ? (shape[4] as () => readonly unknown[])() : (shape?.[4] as readonly unknown[]);
  return (input?.[4] as readonly string[] | undefined) ?? [];
}
