/** Arguments that commands share, read by node:util. */
import { readFileSync } from 'node:fs';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { usage } from './failure';

type Options = NonNullable<ParseArgsConfig['options']>;

export const COMMON = {
  region: { type: 'string' },
  'control-set': { type: 'string' },
  json: { type: 'boolean' },
  debug: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies Options;

export const COMMON_HELP = `  --region R         standby Region of the pair (default: AWS_REGION, or that of your profile)
  --control-set N    control set, where two in this Region have a pair of this name
  --json             print JSON (schema in docs/cli.md)
  --debug            print the stack trace of an error
  --help             print this
`;

/** @throws CommandFailure for an option that does not exist, or has no value */
export function read<O extends Options>(command: string, args: readonly string[], options: O, positionalsMax: number) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (positionals.length > positionalsMax) {
      throw new Error(`"${positionals[positionalsMax]}" is one argument too many`);
    }
    return { values, positionals };
  } catch (error) {
    throw usage((error as Error).message.split(/\n|\. To specify/)[0] ?? '', command);
  }
}

export function oneOf<T extends string>(
  command: string,
  option: string,
  given: string | undefined,
  allowed: readonly T[],
): T | undefined {
  if (given === undefined) return undefined;
  const found = allowed.find((one) => one.toLowerCase() === given.toLowerCase());
  if (found !== undefined) return found;
  throw usage(`${option} is "${given}"; it takes ${allowed.join(' or ')}`, command);
}

/** `host` or `host:port`, as often as wanted. */
export function nameServers(command: string, given: readonly string[] | undefined): readonly string[] | undefined {
  for (const server of given ?? []) {
    const port = /^(?:\[[0-9a-fA-F:]+\]|[^\s:[\]]+)(?::(\d+))?$/.exec(server)?.[1];
    const fits =
      /^(?:\[[0-9a-fA-F:]+\]|[^\s:[\]]+)(?::\d+)?$/.test(server) && (port === undefined || (+port >= 1 && +port <= 65_535));
    if (!fits) throw usage(`--name-server is "${server}"; give host or host:port, such as 127.0.0.1:5353`, command);
  }
  return given;
}

export function certificateAuthority(command: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw usage(`--ca is "${file}", which cannot be read (${(error as NodeJS.ErrnoException).code})`, command);
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw usage(`--ca is "${file}", which holds no PEM certificate`, command);
  return text;
}

/** Whole seconds between redrawings. */
export function everySec(command: string, given: string | undefined): number {
  if (given === undefined) return 5;
  const value = /^\d+$/.test(given) ? Number(given) : 0;
  if (value >= 1 && value <= 3_600) return value;
  throw usage(`--every is "${given}"; whole seconds from 1 to 3600`, command);
}
