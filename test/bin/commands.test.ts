import { execFileSync } from 'node:child_process';
import { APPROVE_HELP } from '../../bin/commands/approve';
import { BUDGET_HELP } from '../../bin/commands/budget';
import { COMPLETION_HELP, completionCommand, PAIRED, quietly, VALUES, WORDS } from '../../bin/commands/completion';
import { drillCommand } from '../../bin/commands/drill';
import { LAB_HELP } from '../../bin/commands/lab';
import { PAIRS_HELP, pairsCommand } from '../../bin/commands/pairs';
import { STATUS_HELP, statusCommand } from '../../bin/commands/status';
import {
  ADOPT_HELP,
  CLEAR_CLAIM_HELP,
  ORDER_HELPS,
  PAUSE_HELP,
  REBUILD_HELP,
  RESUME_HELP,
  RUNBOOK_HELP,
  WATCH_HELP,
} from '../../bin/operator/database/help';
import { DRILL_HELPS } from '../../bin/operator/drill/help';
import { nextFor } from '../../bin/operator/failure';
import { Colours, type Shell } from '../../bin/operator/shell';
import { statusText } from '../../bin/operator/status-text';
import type { EndedDrill, JournalItem, RunningDrill } from '../../lib/decide/journal';
import { DRILL_PLAN } from '../../lib/decide/plan';
import { serversOf, targetOfName, targetOfPair } from '../../lib/runtime/drive/operator/look';
import { foreseen, order } from '../../lib/runtime/drive/operator/orders';
import { expectedOf, progressOf, runningStep } from '../../lib/runtime/drive/operator/progress';
import { statusOf, viewOf } from '../../lib/runtime/drive/operator/status';
import { watchDrill } from '../../lib/runtime/drive/operator/watch';
import type { Dns, DnsAnswer, Unknown } from '../../lib/runtime/ports';
import type { MemberView } from '../../lib/runtime/ports/database';
import { FakeJournal } from '../fakes/fake-journal';
import { registrationOf } from '../fakes/registration';
import { VirtualTime } from '../fakes/virtual-time';

const NOW = Date.UTC(2026, 10, 24, 10, 0, 0);
const registration = registrationOf();
const settings = registration.drill ?? {
  fault: { kind: 'healthCheckPath' },
  targets: { detectionSec: 30, switchSec: 60, rtoSec: 120 },
};

const item = (change: Partial<JournalItem> = {}): JournalItem => ({
  pair: 'app',
  revision: 1,
  epoch: 0,
  lastDrills: [],
  ...change,
});
const running = (change: Partial<RunningDrill> = {}): RunningDrill => ({
  id: 'app-1',
  level: 'TRAFFIC',
  scenario: 'primary_crash',
  requestedBy: 'jo',
  startedAtMs: NOW,
  deadlineMs: NOW + 900_000,
  expectedAlarms: [],
  steps: {},
  ...change,
});
const ended = (change: Partial<EndedDrill> = {}): EndedDrill => ({
  id: 'app-1',
  level: 'TRAFFIC',
  verdict: 'passed',
  endedAtMs: NOW,
  expectedAlarms: [],
  ...change,
});

async function run(command: (args: readonly string[], shell: Shell) => number | Promise<number>, ...args: readonly string[]) {
  const said: string[] = [];
  const write = (text: string) => void said.push(text);
  const shell: Shell = { isTTY: false, columns: 80, input: process.stdin, write, warn: write };
  try {
    return { code: await command(args, shell), out: said.join('') };
  } catch (error) {
    return { code: (error as { code?: number }).code, out: (error as Error).message };
  }
}

describe('help', () => {
  const helps: Readonly<Record<string, string>> = {
    status: STATUS_HELP,
    pairs: PAIRS_HELP,
    approve: APPROVE_HELP,
    lab: LAB_HELP,
    budget: BUDGET_HELP,
    completion: COMPLETION_HELP,
    ...ORDER_HELPS,
    watch: WATCH_HELP,
    pause: PAUSE_HELP,
    resume: RESUME_HELP,
    adopt: ADOPT_HELP,
    'clear-claim': CLEAR_CLAIM_HELP,
    runbook: RUNBOOK_HELP,
    ...Object.fromEntries(Object.entries(DRILL_HELPS).map(([name, text]) => [`drill ${name}`, text])),
  };
  const options = (text: string) => [...text.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, option]) => option).sort();

  test('of rebuild names the options that completion offers for all that it does', () => {
    const offered = Object.entries(WORDS).flatMap(([name, words]) => (name.startsWith('rebuild ') ? words.split(' ') : []));
    expect(options(REBUILD_HELP)).toEqual([...new Set(offered)].sort());
  });

  test.each(Object.keys(helps).filter((name) => name !== 'completion'))(
    'of %s names the options that completion offers, no more and no less',
    (name) => {
      expect(options(helps[name] ?? '')).toEqual((WORDS[name] ?? '').split(' ').sort());
    },
  );

  test.each([...Object.keys(helps).filter((name) => name !== 'lab' && name !== 'budget'), 'rebuild'])(
    'of %s has an example and the exit codes, and fits a terminal of 120 columns',
    (name) => {
      const text = helps[name] ?? REBUILD_HELP;
      expect(text).toMatch(/\nExamples\n {2}\S/);
      expect(text).toContain('\nExit code: 0');
      expect(text.split('\n').filter((line) => line.length > 120)).toEqual([]);
    },
  );

  test('says which options take a value and which commands take a pair, as completion has it', () => {
    const all = [...Object.values(helps), REBUILD_HELP].join('\n');
    // `--json` takes a file in the lab only, and nothing follows it there.
    const taking = [...all.matchAll(/^ {2}(--(?!json)[a-z-]+) [A-Z]/gm)].map(([, option = '']) => option);
    expect([...new Set(taking)].sort()).toEqual([...VALUES, '--region', '--control-set'].sort());
    const paired = Object.entries({ ...helps, rebuild: REBUILD_HELP })
      .filter(([, text]) => /^failover [a-z |-]+ <pair>/.test(text))
      .flatMap(([name]) => (name === 'rebuild' ? Object.keys(WORDS).filter((words) => words.startsWith('rebuild ')) : [name]));
    expect([...PAIRED].sort()).toEqual(paired.sort());
  });

  test('is printed for every command, and asks nobody', async () => {
    expect(await run(statusCommand, '--help')).toEqual({ code: 0, out: STATUS_HELP });
    expect(await run(pairsCommand, '-h')).toEqual({ code: 0, out: PAIRS_HELP });
    for (const [name, out] of Object.entries(DRILL_HELPS))
      expect(await run(drillCommand, name, '--help')).toEqual({ code: 0, out });
  });
});

describe('completion', () => {
  /** `failover completion pairs` answers with what it was asked, so that the question shows. */
  async function complete(...words: readonly string[]): Promise<string> {
    const { out } = await run(completionCommand, 'bash');
    const asked = 'failover() { shift; printf "%s\\n" shop "asked:$*"; }';
    const line = `COMP_WORDS=(failover ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}`;
    const said = execFileSync('bash', ['-uc', `${asked}\n${out}\n${line}; _failover; echo "\${COMPREPLY[@]}"`]);
    return said.toString().trim();
  }

  test('is a script that bash accepts, and completes commands and options', async () => {
    expect(await complete('dr')).toBe('drill');
    expect(await complete('drill', 'st')).toBe('start');
    expect(await complete('drill', 'start', '--y')).toBe('--yes-i-mean');
    expect(await complete('drill', '--region', 'eu-central-1', 'start', '--y')).toBe('--yes-i-mean');
    expect(await complete('status', 'app.example.com', '--w')).toBe('--watch');
  });

  test('asks for names of pairs where a pair is meant, in the Region and control set of the line', async () => {
    expect(await complete('failover', 'sh')).toBe('shop');
    expect(await complete('drill', 'start', 'sh')).toBe('shop');
    expect(await complete('rebuild', 'open-fences', 'sh')).toBe('shop');
    expect(await complete('status', '--pair', 'sh')).toBe('shop');
    expect(await complete('failover', '--watch', '--accept-loss', '30s', 'a')).toBe('asked:pairs');
    expect(await complete('watch', '--region', 'eu-central-1', '--control-set', 'web', 'a')).toContain('asked:pairs');
  });

  test.each([
    ['after the pair', ['failover', 'shop', 'sh']],
    ['for what a person must mean', ['failover', 'shop', '--yes-i-mean', 'sh']],
    ['for the value of another option', ['failover', '--region', 'sh']],
    ['before it is said what about the drill', ['drill', 'sh']],
    ['for commands without a pair', ['lab', 'sh']],
  ])('asks for none %s', async (_name, words) => {
    expect(await complete(...words)).not.toContain('shop');
  });

  test('is silent where names are not learned in time, or not at all', async () => {
    expect(await quietly(new Promise(() => undefined), 1)).toEqual([]);
    expect(await quietly(Promise.reject(new Error('no credentials')), 1_000)).toEqual([]);
    expect(await quietly(Promise.resolve(['shop']), 1_000)).toEqual(['shop']);
  });
});

describe('fails with 2 for arguments that cannot be meant', () => {
  test.each([
    [statusCommand, [], 'give either a record name, such as app.example.com, or --pair'],
    [statusCommand, ['web'], '"web" is no record name; give the full name, such as app.example.com, or --pair web'],
    [
      statusCommand,
      ['a.example.com', '--name-server', 'ns:99999'],
      '--name-server is "ns:99999"; give host or host:port, such as 127.0.0.1:5353',
    ],
    [statusCommand, ['a.example.com', '--ca', '/none.pem'], '--ca is "/none.pem", which cannot be read (ENOENT)'],
    [pairsCommand, ['--nonsense'], "Unknown option '--nonsense'"],
    [drillCommand, [], 'what about the drill? start, watch, abort or report'],
    [drillCommand, ['stop', 'web'], 'there is no drill stop; there are start, watch, abort and report'],
    [drillCommand, ['start'], 'which pair? "failover pairs" lists them'],
    [drillCommand, ['start', 'web', '--level', 'GAME_DAY'], '--level is "GAME_DAY"; it takes TRAFFIC or OBSERVE'],
    [drillCommand, ['report', 'web', '--id', '1', '--level', 'OBSERVE'], '--id and --level exclude each other'],
    [completionCommand, ['fish'], 'completion takes bash or zsh, not fish'],
  ] as const)('%# %p', async (command, args, message) => {
    expect(await run(command as typeof statusCommand, ...args)).toEqual({ code: 2, out: message });
  });
});

test('an error says what to do next, by what AWS, DNS or the network said', () => {
  expect(nextFor('ExpiredTokenException: The security token included in the request is expired')).toMatch(/^Log in/);
  expect(nextFor('Error: Region is missing')).toMatch(/--region/);
  expect(nextFor('AccessDeniedException: not authorized to perform: ssm:GetParametersByPath')).toMatch(/docs\/cli\.md/);
  expect(nextFor('x: ResourceNotFoundException: Function not found')).toMatch(/--control-set/);
  expect(nextFor('Error: connect ECONNREFUSED 127.0.0.1:1')).toMatch(/network/);
  expect(nextFor('something new')).toMatch(/--debug/);
});

describe('a look at a pair', () => {
  const answer = (values: readonly string[]): DnsAnswer => ({ kind: 'answer', values, ttlSec: 2 });
  /** Every server says the same; `undefined`: it does not answer. */
  const dns = (said: Readonly<Record<string, DnsAnswer>>): Dns => ({
    nameServers: async (zone) => (zone === 'example.com' ? ['ns1', 'ns2'] : { kind: 'unknown', because: `${zone} is no zone` }),
    ask: async (_server, name, type) => said[`${name} ${type}`] ?? { kind: 'unknown', because: 'no answer within 700 ms' },
    addresses: async () => [],
  });
  const good = { kind: 'good', because: 'answered 200', tookMs: 1 } as const;
  const look = async (said: Readonly<Record<string, DnsAnswer>>, found?: JournalItem, service?: MemberView | Unknown) => {
    const watched =
      service && registrationOf({ drill: undefined, serviceDatabase: { kind: 'instance', id: 'shop', region: 'eu-west-1' } });
    const time = new VirtualTime(NOW);
    const journal = new FakeJournal();
    if (found) journal.put(found);
    return time.run(
      statusOf({ kind: 'known', registration: watched ?? registration, region: 'eu-central-1' }, targetOfPair(registration), {
        time,
        dns: dns(said),
        probe: { probe: async () => good },
        journalOf: () => journal,
        ...(service ? { serviceLooks: { look: async () => service } } : {}),
      }),
    );
  };
  const [primary, standby] = [registration.beacons.primary, registration.beacons.standby].map((name) => `${name} TXT`) as [
    string,
    string,
  ];
  const well = { 'app.example.com A': answer(['192.0.2.1']), [primary]: answer(['healthy']), [standby]: answer(['healthy']) };

  test('that finds nothing wrong says ok', async () => {
    expect(await look(well)).toMatchObject({ verdict: 'ok', problems: [], unknown: [] });
  });

  test('calls a standby that serves, an unhealthy side, an incident and an overdue drill not ok, each by name', async () => {
    const bad = { ...well, 'app.example.com A': answer(['192.0.2.2']), [primary]: answer(['unhealthy']) };
    const found = item({ incident: { key: 'app/1', sinceMs: NOW }, drill: running({ deadlineMs: NOW - 1 }) });
    const { verdict, problems } = await look(bad, found);
    expect([verdict, problems]).toEqual([
      'not ok',
      [
        'Route 53 calls the primary unhealthy (every server)',
        'app.example.com answers the standby (every server)',
        'incident app/1 is open since 2026-11-24T10:00:00.000Z',
        'drill app-1 is past its deadline 2026-11-24T09:59:59.999Z and still holds the pair',
      ],
    ]);
  });

  describe('whose database is failed over by its own service', () => {
    const member = (status: string): MemberView => ({ kind: 'member', id: 'shop', status, zone: 'eu-west-1b' });
    const verified = { writer: 'shop', zone: 'eu-west-1a' };
    const silent: Unknown = { kind: 'unknown', because: 'TimeoutError: eu-west-1' };
    const sinceMs = NOW - 60_000;
    test.each<[string, MemberView | Unknown, JournalItem['service'], readonly string[], readonly string[]]>([
      ['is ok while somebody writes, wherever the keeper saw it last', member('available'), { verified }, [], []],
      ['needs no look of the keeper', member('available'), undefined, [], []],
      ['is not ok while nobody writes', member('failed'), { verified }, ['nobody writes: shop is failed'], []],
      [
        'says since when the keeper saw nobody write',
        member('rebooting'),
        { verified, amiss: { sinceMs, paged: false } },
        ['nobody writes since 2026-11-24T09:59:00.000Z: shop is rebooting'],
        [],
      ],
      ['is well again before the keeper notes it', member('available'), { amiss: { sinceMs, paged: true } }, [], []],
      [
        'keeps what the keeper saw while the service is silent',
        silent,
        { verified, amiss: { sinceMs, paged: true } },
        ['the keeper saw nobody write to shop since 2026-11-24T09:59:00.000Z'],
        ['writer of shop: TimeoutError: eu-west-1'],
      ],
      ['does not take the keeper’s word for now', silent, { verified }, [], ['writer of shop: TimeoutError: eu-west-1']],
    ])('%s', async (_name, now, kept, problems, unknown) => {
      const status = await look(well, item(kept ? { service: kept } : {}), now);
      expect([status.problems, status.unknown]).toEqual([problems, unknown]);
    });

    test('shows the writer by the service’s word of now and by the keeper’s of before', async () => {
      const text = async (now: MemberView | Unknown, kept: JournalItem['service']) =>
        statusText(await look(well, item(kept ? { service: kept } : {}), now), new Colours({ isTTY: false }))
          .split('\n')
          .filter((line) => /^ {2}(database|writer|keeper) {3}/.test(line));
      const database = '  database   instance shop in eu-west-1; its own service fails it over';
      expect(await text(member('available'), { verified })).toEqual([
        database,
        '  writer     shop in eu-west-1b writes',
        '  keeper     saw shop in eu-west-1a write',
      ]);
      expect(await text(silent, { amiss: { sinceMs, paged: true }, unknownBecause: 'no answer' })).toEqual([
        database,
        '  writer     unknown: TimeoutError: eu-west-1',
        '  keeper     saw nobody write since 2026-11-24T09:59:00Z; it has paged; its last look: no answer',
      ]);
      expect((await text(member('failed'), undefined)).slice(1)).toEqual([
        '  writer     shop is failed',
        '  keeper     has not seen a writer yet',
      ]);
    });
  });

  test('never takes silence for health: what did not answer is unknown, with its reason', async () => {
    const { verdict, unknown, servers } = await look({});
    expect(verdict).toBe('cannot reach');
    expect(unknown).toHaveLength(6);
    expect(unknown[0]).toBe('ns1 A: no answer within 700 ms');
    expect('kind' in servers ? servers : servers[0]?.beacons.primary).toEqual({
      kind: 'unknown',
      because: 'no answer within 700 ms',
    });
    expect((await look({ ...well, [primary]: answer(['fine']) })).unknown).toContain(
      'ns1 beacon of the primary: _primary._failover.app.example.com says fine',
    );
  });

  test('finds the zone by walking up the name', async () => {
    expect(await serversOf(targetOfName('a.b.example.com'), dns({}))).toEqual(['ns1', 'ns2']);
    expect(await serversOf(targetOfName('a.example.org'), dns({}))).toEqual({
      kind: 'unknown',
      because: 'no zone above a.example.org has name servers (example.org is no zone)',
    });
  });

  test('counts whole days since a passed drill, and says when none passed', () => {
    expect(viewOf(item({ lastSuccessAtMs: NOW - 3.9 * 86_400_000 }), NOW).daysSinceSuccess).toBe(3);
    expect(viewOf(undefined, NOW).daysSinceSuccess).toEqual({ kind: 'unknown', because: 'no TRAFFIC drill has passed yet' });
  });
});

describe('the progress of a drill', () => {
  test('knows each step, what it may take and who restored', () => {
    const steps = {
      preflight: { beganAtMs: NOW, attempts: 1, endedAtMs: NOW + 1_500, outcome: 'ready' },
      restore: { beganAtMs: NOW + 2_000, attempts: 1 },
    };
    const now = progressOf(running({ steps }), registration, NOW + 5_000);
    expect(now.map(({ step, state, elapsedSec }) => [step, state, elapsedSec])).toEqual([
      ['preflight', 'done', 1.5],
      ['arm', 'waiting', undefined],
      ['measure', 'waiting', undefined],
      ['restore', 'running', 3],
      ['await_return', 'waiting', undefined],
      ['report', 'waiting', undefined],
    ]);
    expect(now.map(({ limitSec }) => limitSec)).toEqual(DRILL_PLAN.map(({ limitSec }) => limitSec));
    const restored = running({ steps, restored: { outcome: 'restored', atMs: NOW + 4_000, by: 'keeper' } });
    expect(progressOf(restored, registration, NOW + 5_000)[3]).toMatchObject({
      state: 'done',
      outcome: 'restored by the keeper',
      elapsedSec: 2,
    });
    expect([runningStep(running({ steps })), runningStep(restored)]).toEqual(['restore', undefined]);
  });

  test('expects detection, Route 53’s delay and one TTL of a measurement, and says that this is assumed', () => {
    const thirty = expectedOf('measure', { ttlSec: 30, alarms: [] });
    const ninety = expectedOf('measure', { ttlSec: 90, alarms: [] });
    expect(thirty?.provenance).toBe('assumed');
    expect((ninety?.typicalSec ?? 0) - (thirty?.typicalSec ?? 0)).toBe(60);
    expect(expectedOf('arm', { ttlSec: 30, alarms: [] })).toBeUndefined();
    expect(expectedOf('await_return', registration)?.typicalSec).toBe(120);
  });
});

describe('watching', () => {
  const watch = (journal: FakeJournal, id?: string) => {
    const time = new VirtualTime(NOW);
    return time.run(watchDrill({ pair: 'app', id, open: () => true, tell: () => undefined }, { journal, time }));
  };

  test('ends with the verdict of the drill it began with, not of the one that ran before', async () => {
    const time = new VirtualTime(NOW);
    const journal = new FakeJournal();
    journal.put(item({ drill: running({ id: 'app-2' }), lastDrills: [ended({ verdict: 'failed' })] }));
    const tell = () => journal.put(item({ lastDrills: [ended({ id: 'app-2' }), ended({ verdict: 'failed' })] }));
    const end = await time.run(watchDrill({ pair: 'app', open: () => true, tell }, { journal, time }));
    expect(end).toMatchObject({ kind: 'ended', drill: { id: 'app-2', verdict: 'passed' } });
  });

  test('says that there is nothing to watch', async () => {
    expect(await watch(new FakeJournal())).toEqual({ kind: 'nothing', because: 'no drill runs, and none has ended yet' });
    const journal = new FakeJournal();
    journal.put(item({ lastDrills: [ended()] }));
    expect(await watch(journal, 'app-9')).toEqual({
      kind: 'nothing',
      because: 'drill app-9 does not run and is not among the last 1; the last one was app-1',
    });
  });

  test('gives up on a drill that is never put back, and on a journal that never answers', async () => {
    const journal = new FakeJournal();
    journal.put(item({ drill: running() }));
    expect(await watch(journal)).toEqual({
      kind: 'stuck',
      because: 'drill app-1 still holds the pair 30 min after its deadline',
    });
    const silent = new FakeJournal();
    silent.read = async () => {
      throw new Error('gone');
    };
    expect(await watch(silent)).toEqual({ kind: 'unreachable', because: 'Error: gone' });
  });
});

describe('orders', () => {
  const wanted = { level: 'TRAFFIC', drillId: 'app-1' } as const;

  test('foresee what speaks against a drill, all at once, and nothing against repeating the one that runs', () => {
    const window = { fromHour: 1, toHour: 2, timeZone: 'Etc/UTC' };
    const held = item({ drill: running({ id: 'app-0' }), incident: { key: 'app/1', sinceMs: NOW }, pausedUntilMs: NOW + 1 });
    expect(foreseen(held, { ...settings, window }, wanted, NOW)).toEqual([
      'drill app-0 is running',
      'incident app/1 is open since 2026-11-24T10:00:00.000Z',
      'automation is paused until 2026-11-24T10:00:00.001Z',
      'it is 10 h in Etc/UTC, outside the drill window 1 h to 2 h',
    ]);
    expect(foreseen({ ...held, drill: running() }, { ...settings, window }, wanted, NOW)).toEqual([]);
    expect(foreseen(item({ incident: { key: 'app/1', sinceMs: NOW } }), settings, { ...wanted, level: 'OBSERVE' }, NOW)).toEqual(
      [],
    );
  });

  test('take nothing but an answer of the drill function for an answer', async () => {
    const say = (answer: unknown) => order({ invoke: async () => ({ kind: 'done', answer }) }, 'f', { pair: 'app' });
    expect(await say({ kind: 'stopping', drillId: 'app-1' })).toEqual({ kind: 'stopping', drillId: 'app-1' });
    expect(await say({ ok: true })).toEqual({
      kind: 'unanswered',
      because: 'f answered {"ok":true}, which is no answer of a drill',
    });
    expect(await say(null)).toMatchObject({ kind: 'unanswered' });
    expect(await order({ invoke: async () => ({ kind: 'failed', because: 'f: Timeout' }) }, 'f', { pair: 'app' })).toEqual({
      kind: 'unanswered',
      because: 'f: Timeout',
    });
  });
});
