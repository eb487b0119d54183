import { STATUS_HELP } from '../../bin/commands/status';
import { ORDER_HELPS } from '../../bin/operator/database/help';
import { nextFor } from '../../bin/operator/failure';
import { Colours } from '../../bin/operator/shell';
import { statusText } from '../../bin/operator/status-text';
import { narrowed, wrapped, wrappedLines } from '../../bin/operator/wrap';
import { boundDatabase } from '../../lib/decide/database/order-rules';
import type { DatabaseRun, DatabaseState } from '../../lib/decide/database/state';
import type { JournalItem } from '../../lib/decide/journal';
import { expectedDrill, expectedOf } from '../../lib/runtime/drive/operator/progress';
import { type PairStatus, STATUS_SCHEMA, viewOf } from '../../lib/runtime/drive/operator/status';
import { databaseOf, membersOf } from '../fakes/database/world';

/** What an operator reads at 3 a.m. on 80 columns. */
describe('an error on a narrow terminal', () => {
  test('breaks at blanks, and never inside a quoted command', () => {
    const text = 'Check the network; "failover status --pair app --region eu-central-1" shows more.';
    expect(wrapped(text, 40, '')).toEqual([
      'Check the network;',
      '"failover status --pair app --region eu-central-1"',
      'shows more.',
    ]);
  });

  test('leaves a command at the end of a line as it is, to be copied', () => {
    const command = 'Mend that, then: failover adopt app --region eu-central-1 --epoch 1';
    expect(wrappedLines(`a b\n${command}`, 2)).toBe(`a\nb\n${command}`);
  });
});

describe('a help on a narrow terminal', () => {
  const help = `failover x <pair>

One two three four
five six.

Options
  --a N    what it is and
           does
  --b      short
  c|d|e <pair>
           below

Examples
  failover x shop --region eu-central-1 --json
`;
  test('flows, keeps what stands beside an option there, and leaves examples whole', () => {
    expect(narrowed(help, 20)).toBe(`failover x <pair>

One two three four
five six.

Options
  --a N    what it
           is and
           does
  --b      short
  c|d|e <pair>
           below

Examples
  failover x shop --region eu-central-1 --json
`);
    expect(narrowed(help, 12).split('\n').slice(3, 7)).toEqual(['One two', 'three four', 'five six.', '']);
  });

  test('is as it is written where it fits', () => {
    expect(narrowed(help, 80)).toBe(help);
    for (const text of [STATUS_HELP, ...Object.values(ORDER_HELPS)]) {
      expect(narrowed(text, 120)).toBe(text);
      expect(
        narrowed(text, 80)
          .split('\n')
          .filter((line) => line.length > 80),
      ).toEqual([]);
      expect(narrowed(text, 80).split(/\s+/)).toEqual(text.split(/\s+/));
    }
  });
});

test.each([
  ['ThrottlingException: Rate exceeded', /^AWS lets this account call only so often/],
  ['TooManyRequestsException: x', /^AWS lets this account call only so often/],
  ['AccessDeniedException: not authorized to perform: dynamodb:GetItem', /grantOperate/],
  ['ResourceNotFoundException: Requested resource not found', /--control-set/],
])('%s says what to do', (because, next) => {
  expect(nextFor(because)).toMatch(next);
});

test('a whole drill is expected to take what its waiting steps are', () => {
  const pair = { ttlSec: 30, alarms: [] };
  const parts = (['measure', 'await_return'] as const).map((step) => expectedOf(step, pair));
  expect(expectedDrill(pair)).toEqual({
    typicalSec: parts.reduce((sum, part) => sum + (part?.typicalSec ?? 0), 0),
    worstSec: parts.reduce((sum, part) => sum + (part?.worstSec ?? 0), 0),
    provenance: 'assumed',
  });
});

describe('status', () => {
  const NOW = Date.UTC(2026, 10, 24, 10, 0, 0);
  const run = { id: 'app-e1', kind: 'failover', epoch: 1, startedBy: 'jo', automatic: false, startedAtMs: NOW, steps: {} };
  const database = (change: Partial<DatabaseState>, runs?: Partial<DatabaseRun>): DatabaseState => ({
    ...boundDatabase(membersOf(databaseOf())),
    ...change,
    ...(runs ? { run: { ...run, ...runs } as DatabaseRun } : {}),
  });
  const told = (item: Partial<JournalItem>, unknown: readonly string[] = []): readonly string[] => {
    const status: PairStatus = {
      schema: STATUS_SCHEMA,
      atMs: NOW,
      recordName: 'app.example.com',
      pair: { kind: 'known', name: 'app', controlSet: 'web', region: 'eu-central-1' },
      journal: viewOf({ pair: 'app', revision: 1, epoch: 1, lastDrills: [], ...item }, NOW),
      lags: [],
      servers: [],
      probes: {},
      problems: [],
      unknown,
      verdict: 'ok',
    };
    return statusText(status, new Colours({ isTTY: false }))
      .trim()
      .split('\n');
  };
  const after = (lines: readonly string[]) => lines.slice(lines.indexOf('Next') + 1, -2).map((line) => line.trim());
  const member = { id: 'app-a2', endpoint: 'a2', port: 5432, region: 'eu-west-1', engine: 'postgres' };
  const served = { state: 'SERVING_STANDBY', active: 'standby', writer: 'app-b1' } as const;
  const drill = {
    id: 'app-1',
    level: 'TRAFFIC',
    scenario: 'primary_crash',
    requestedBy: 'jo',
    expectedAlarms: [],
    steps: {},
  } as const;

  test.each<[string, Partial<JournalItem>, readonly string[]]>([
    [
      'of a run is to follow it',
      { database: database({ state: 'PROMOTING' }, {}) },
      ['follow the run: failover watch app --region eu-central-1'],
    ],
    [
      'of a run that asks is to consent to what it shows',
      { database: database({ state: 'AWAITING_CONSENT' }, { asked: { atMs: NOW, lossMs: 7_000 } }) },
      [
        'consent to the loss: failover approve app --region eu-central-1 --epoch 1 --loss-ms 7000',
        'follow the run: failover watch app --region eu-central-1',
      ],
    ],
    [
      'of a stuck run is to adopt it',
      { database: database({ state: 'STUCK' }, { stuckBecause: ['KMS'] }) },
      ['mend what it is stuck on, then: failover adopt app --region eu-central-1 --epoch 1'],
    ],
    [
      'of a claim is to clear it',
      { database: database({ splitBrain: { since: NOW, because: 'app-a wrote' } }) },
      ['make sure that only one database writes, then: failover clear-claim app --region eu-central-1'],
    ],
    [
      'of a standby that writes alone is a rebuild',
      { database: database(served) },
      ['get a standby back, part "Afterwards": failover runbook app --region eu-central-1'],
    ],
    [
      'of a rebuilt pair is the way back',
      { database: database({ ...served, rebuilt: { ...member, replicating: true } }) },
      ['the way back, on a quiet day: failover failback app --region eu-central-1 --writes-stopped'],
    ],
    [
      'of a drill past its deadline is to put it back',
      { drill: { ...drill, startedAtMs: NOW - 2, deadlineMs: NOW - 1 } },
      [
        'follow the drill: failover drill watch app --region eu-central-1',
        'put it back now: failover drill abort app --region eu-central-1',
      ],
    ],
  ])('what to do next %s', (_name, item, steps) => {
    expect(after(told(item))).toEqual(steps);
  });

  test('says nothing of a next step in calm, and all is well only once all was seen', () => {
    const calm = { database: database({}) };
    expect(told(calm)).not.toContain('Next');
    expect([told(calm).at(-1), told(calm, ['journal: AccessDenied']).at(-1)]).toEqual([
      'All is well.',
      'What was seen is well; not everything was seen.',
    ]);
  });
});
