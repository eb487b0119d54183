/** Keeping our own automation out while a person acts, and letting it in again. */
import { RESERVED } from '../database/concurrency';
import { controlNames, JOURNAL_KEY } from '../names';
import { takeLease } from './lease';
import { aws, type ShellWord, setBefore, shell } from './shell';
import type { Bound } from './types';

const namesOf = ({ database }: Bound) => controlNames(database.namespace, database.standbyRegion);

const functionsOf = (bound: Bound) => {
  const { proberFunction, databaseStepFunction } = namesOf(bound);
  return [
    [proberFunction, RESERVED.prober],
    [databaseStepFunction, RESERVED.databaseStep],
  ] as const;
};

const key = ({ database }: Bound) => JSON.stringify({ [JOURNAL_KEY]: { S: `pair#${database.pair}` } });

const readJournal = (bound: Bound) =>
  aws(
    'dynamodb',
    'get-item',
    bound.database.standbyRegion,
    ['table-name', namesOf(bound).journalTable],
    ['key', key(bound)],
    ['consistent-read'],
    ['query', 'Item.document.S'],
    ['output', 'text'],
  );

export function keepOut(bound: Bound): readonly string[] {
  const { database } = bound;
  const machine = shell(`"arn:aws:states:${database.standbyRegion}:$ACCOUNT:stateMachine:${namesOf(bound).databaseMachine}"`);
  return [
    `${readJournal(bound)} > journal.json; cat journal.json`,
    'EPOCH=$(($(jq .epoch journal.json) + 1)); echo "$EPOCH"',
    ...functionsOf(bound).map(([fn]) =>
      aws(
        'lambda',
        'put-function-concurrency',
        database.standbyRegion,
        ['function-name', fn],
        ['reserved-concurrent-executions', 0],
      ),
    ),
    aws(
      'stepfunctions',
      'list-executions',
      database.standbyRegion,
      ['state-machine-arn', machine],
      ['status-filter', 'RUNNING'],
      ['query', 'executions[].executionArn'],
    ),
    '# for the one of this pair, if there is one and the journal has no promoteRequested:',
    aws('stepfunctions', 'stop-execution', database.standbyRegion, ['execution-arn', setBefore('EXECUTION', 'its ARN')]),
    ...takeLease(bound),
  ];
}

export const letIn = (bound: Bound): readonly string[] =>
  functionsOf(bound).map(([fn, reserved]) =>
    aws(
      'lambda',
      'put-function-concurrency',
      bound.database.standbyRegion,
      ['function-name', fn],
      ['reserved-concurrent-executions', reserved],
    ),
  );

const CHANGES = {
  /** What a finished failover would have written. */
  standby: [
    '.epoch = ([.epoch, $epoch] | max)',
    // The controller goes on fencing what is kept out. Told twice, it is still the old primary.
    'if .database.active == "primary" then .database.keptOut = {id: .database.writer, epoch, up: {}} else . end',
    '.database.state = "SERVING_STANDBY"',
    '.database.active = "standby"',
    '.database.writer = $writer',
    '.database.latch.on = true',
    '.database.writerName[$writer] = true',
    '.database.unprotectedSinceMs = (now * 1000 | floor)',
    'del(.database.run, .database.suspect, .database.rebuilt, .incident)',
  ],
  /** What a finished failback would have written. */
  primary: [
    '.epoch += 1',
    '.database.state = "ARMED"',
    '.database.active = "primary"',
    '.database.writer = $writer',
    '.database.latch.on = false',
    '.database.writerName |= map_values(false)',
    '.database.unprotectedSinceMs = (now * 1000 | floor)',
    'del(.database.run, .database.rebuilt, .database.keptOut, .incident)',
  ],
  /** What a rollback would have written. */
  undone: [
    '.epoch = ([.epoch, $epoch] | max)',
    '.database.state = "ROLLED_BACK"',
    '.database.latch.on = false',
    '.database.restUntilMs = (now * 1000 + 1800000 | floor)',
    'del(.database.run, .incident)',
  ],
} as const;

/** Writes it on the revision that was read: a lost race changes nothing, and is read again. */
export function tellJournal(bound: Bound, what: keyof typeof CHANGES, writer: ShellWord): readonly string[] {
  const { database } = bound;
  const change = ['.revision += 1', ...CHANGES[what]].join(' |\n  ');
  const item = `{${JOURNAL_KEY}: {S: "pair#${database.pair}"}, revision: {N: (.revision | tostring)}, document: {S: tojson}}`;
  const put = aws(
    'dynamodb',
    'put-item',
    database.standbyRegion,
    ['table-name', namesOf(bound).journalTable],
    ['item', 'file://item.json'],
    ['condition-expression', 'revision = :seen'],
    ['expression-attribute-values', shell(`"{\\":seen\\":{\\"N\\":\\"$SEEN\\"}}"`)],
  );
  return [
    `${readJournal(bound)} > journal.json`,
    'SEEN=$(jq .revision journal.json)',
    // Where jq did not run there is nothing new to write.
    `jq --arg writer ${writer.shell} --argjson epoch "$EPOCH" '\n  ${change} |\n  ${item}\n' journal.json > item.json &&\n${put}`,
  ];
}
