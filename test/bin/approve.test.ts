import { APPROVE_HELP, approveCommand } from '../../bin/commands/approve';
import { WORDS } from '../../bin/commands/completion';
import type { Shell } from '../../bin/operator/shell';
import type { DatabaseState } from '../../lib/decide/database/state';
import type { JournalItem } from '../../lib/decide/journal';
import { controlNames, JOURNAL_KEY, registrationParameter } from '../../lib/decide/names';
import { clientEnvironment, DynamoDb, EventBridge, Parameters, startAwsEndpoint } from '../../lib/lab/aws';
import { ScaledTime } from '../../lib/lab/world';
import { DynamoDbJournal } from '../../lib/runtime/adapters/dynamodb-journal';
import { databaseOf } from '../fakes/database/world';
import { registrationOf } from '../fakes/registration';

/** The command against real SDK clients and a real conditional write, on loopback. */
const REGION = 'eu-central-1';
const { topics: _nobody, ...registration } = registrationOf({ latch: { ...databaseOf().latch, region: 'eu-central-1' } });
const { pair, namespace } = registration;
const table = controlNames(namespace, REGION).journalTable;
const time = new ScaledTime();
let close: () => Promise<void>;
let journal: DynamoDbJournal;

const waiting: DatabaseState = {
  state: 'AWAITING_CONSENT',
  active: 'primary',
  writer: 'app-a',
  latch: { on: false, generation: 1 },
  writerName: {},
  lastRuns: [],
  run: {
    id: `${pair}-e4`,
    kind: 'failover',
    epoch: 4,
    startedBy: 'prober',
    automatic: true,
    startedAtMs: 1,
    candidate: 'app-b1',
    loss: { ms: 45_000, basis: 'heartbeat' },
    asked: { atMs: 2, lossMs: 45_000 },
    steps: {},
  },
} as DatabaseState;

beforeAll(async () => {
  const parameters = new Map([[`${REGION}:${registrationParameter(namespace, pair)}`, JSON.stringify(registration)]]);
  const endpoint = await startAwsEndpoint(time, [
    new DynamoDb({ [`${REGION}/${table}`]: [JOURNAL_KEY] }),
    new Parameters(parameters),
    new EventBridge(time),
  ]);
  Object.assign(process.env, clientEnvironment(endpoint.url, 'operator', REGION));
  close = () => endpoint.close();
  journal = new DynamoDbJournal(table, time);
  const item: JournalItem = { pair, revision: 1, epoch: 4, lastDrills: [], database: waiting };
  expect(await journal.write(item, 0)).toBe('written');
});
afterAll(() => close());

async function approve(...args: readonly string[]) {
  const said: string[] = [];
  const write = (text: string) => void said.push(text);
  const shell: Shell = { isTTY: false, columns: 80, input: process.stdin, write, warn: write };
  try {
    return { code: await approveCommand(args, shell), out: said.join('') };
  } catch (error) {
    return { code: (error as { code?: number }).code, out: (error as Error).message };
  }
}
const consent = async () => (await journal.read(pair))?.database?.run?.consent;

test.each([
  [[], 2, 'which pair? "failover pairs" lists them'],
  [[pair, '--loss-ms', '45000'], 2, '--epoch is missing; the page shows it'],
  [[pair, '--epoch', 'four', '--loss-ms', '45000'], 2, '--epoch is "four"; give a whole number'],
  [[pair, '--epoch', '4', '--loss-ms', '45000'], 2, 'nobody can be asked: the input is no terminal'],
  [[pair, '--epoch', '4', '--loss-ms', '45000', '--yes-i-mean', 'other'], 2, `--yes-i-mean is "other", but the pair is ${pair}`],
  [[pair, '--epoch', '3', '--loss-ms', '45000', '--yes-i-mean', pair], 1, 'refused: the epoch is 4, not 3'],
  [
    [pair, '--epoch', '4', '--loss-ms', '44999', '--yes-i-mean', pair],
    1,
    'refused: the loss shown is 45000 ms, the consent is to 44999 ms',
  ],
])('fails on %j and writes nothing', async (args, code, out) => {
  expect(await approve(...args)).toEqual({ code, out });
  expect(await consent()).toBeUndefined();
});

test('a consent to the loss that was shown is in the journal, with who gave it', async () => {
  const { code, out } = await approve(pair, '--epoch', '4', '--loss-ms', '45000', '--yes-i-mean', pair);
  expect({ code, said: out.trim().split('\n') }).toEqual({
    code: 0,
    said: [
      `${pair}-e4 (failover, epoch 4) asks to lose 45 s of writes with app-b1.`,
      'After consent the replica is promoted: there is no way back from that.',
      expect.stringMatching(/^app: .* \(command line\) consented to 45 s at epoch 4\.$/),
    ],
  });
  expect(await consent()).toMatchObject({ epoch: 4, lossMs: 45_000, by: expect.stringContaining('(command line)') });
});

test('a run that asks for nothing is given no consent, and nobody is asked to type', async () => {
  const item = (await journal.read(pair)) as JournalItem;
  const { asked: _asked, ...run } = { ...waiting.run, id: `${pair}-e4` };
  const database = { ...waiting, state: 'LATCHING', run } as DatabaseState;
  await journal.write({ ...item, revision: item.revision + 1, database }, item.revision);
  const { code, out } = await approve(pair, '--epoch', '4', '--loss-ms', '45000', '--json');
  expect([code, out]).toEqual([1, `refused: ${pair}-e4 does not wait for consent; it is LATCHING`]);
});

test('help names the options that completion offers, an example and the exit codes', async () => {
  const options = [...APPROVE_HELP.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, option]) => option).sort();
  expect(options).toEqual(WORDS['approve']?.split(' ').sort());
  expect(await approve('--help')).toEqual({ code: 0, out: APPROVE_HELP });
});
