import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { drillCommand } from '../../bin/commands/drill';
import type { Shell } from '../../bin/operator/shell';
import type { JournalItem } from '../../lib/decide/journal';
import { MARKER_PATH_PREFIX } from '../../lib/decide/names';
import { clientEnvironment } from '../../lib/lab/aws';
import { uniformFrom } from '../../lib/lab/run/command';
import { type Lab, openLab } from '../../lib/lab/run/lab';
import { labFiles, NAMES, PAIR, RECORD, STANDBY_REGION } from '../../lib/lab/run/setting';
import { Story } from '../../lib/lab/run/story';
import { until, warm } from '../../lib/lab/run/wait';
import { clockEnv, type ScaledTime } from '../../lib/lab/world';

/** The shipped command line against the lab's name servers and AWS services. Order and state only; nothing is timed. */
const DIST_CLI = join(__dirname, '../../dist-cli');
const CLI = join(DIST_CLI, 'failover.js');
/** Slow enough that a busy machine does not look like an outage; nothing here waits for a whole drill that moves users. */
const SCALE = 3;
const home = mkdtempSync(join(tmpdir(), 'operator-'));
// Each test starts processes, on a machine that may be busy with others.
jest.setTimeout(90_000);
const NAMED = `${PAIR} --region ${STANDBY_REGION}`;
let lab: Lab;
let credentials: Readonly<Record<string, string>>;
let clock: Readonly<Record<string, string>>;

beforeAll(async () => {
  if (!existsSync(CLI)) throw new Error('no dist-cli/failover.js; run node scripts/build-cli.mjs');
  lab = await openLab({ scale: SCALE, files: labFiles(DIST_CLI), uniform: uniformFrom(20261120), protocol: 'http', delayMs: 0 });
  clock = clockEnv((lab.world.time as ScaledTime).clock);
  credentials = clientEnvironment(lab.endpoint.url, 'operator', STANDBY_REGION);
  await warm(lab, new Story(lab));
}, 120_000);
afterAll(async () => {
  await lab?.close();
  rmSync(home, { recursive: true, force: true });
});

interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Nothing of the machine's own credentials or profiles reaches the command line. */
function failover(
  args: readonly string[],
  env: Readonly<Record<string, string>> = credentials,
  heard?: (out: string, stop: () => void) => void,
) {
  return new Promise<Said>((resolve) => {
    const child = spawn(process.execPath, ['--require', join(DIST_CLI, 'lab/scaled-clock.js'), CLI, ...args], {
      cwd: home,
      env: {
        HOME: home,
        PATH: process.env['PATH'] ?? '',
        AWS_EC2_METADATA_DISABLED: 'true',
        ...clock,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      heard?.(out, () => child.kill('SIGINT'));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

const servers = () => lab.world.nameServers.flatMap((server) => ['--name-server', server]);
/** JSON lines. */
const lines = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
const orders = () =>
  lab.endpoint.recordedCalls().filter(({ handler, action }) => handler === 'operator' && action === 'lambda:InvokeFunction');
/** The pair's item as it lies in the table. */
const journal = (): JournalItem | undefined =>
  lab.dynamo
    .items(STANDBY_REGION, NAMES.journalTable)
    .flatMap(({ document }) => (typeof document?.S === 'string' ? [JSON.parse(document.S) as JournalItem] : []))
    .find(({ pair }) => pair === PAIR);
const path = () => lab.world.healthChecks.get(lab.pair.checks.primary)?.config.path ?? '';

describe('without credentials', () => {
  test('status reads the beacons and the name at every server, and says why it knows no more', async () => {
    const { code, out, err } = await failover(['status', RECORD, ...servers(), '--json'], {});
    const status = JSON.parse(out);
    expect([code, err, status.schema, status.verdict, status.problems]).toEqual([0, '', 'cdk-failover.status/1', 'ok', []]);
    expect(status.servers.map(({ server }: { server: string }) => server)).toEqual(lab.world.nameServers);
    for (const view of status.servers) {
      expect(view.beacons).toEqual({ primary: { kind: 'healthy' }, standby: { kind: 'healthy' } });
      expect(view.answers).toEqual([
        { type: 'A', answer: { kind: 'answer', values: [lab.world.sites.primary.address], ttlSec: 30 } },
      ]);
      expect(view.serves).toBe('unknown');
    }
    expect(status.pair).toEqual({
      kind: 'unknown',
      because: 'AWS is not asked: CredentialsProviderError: Could not load credentials from any providers',
    });
    expect(status.journal).toEqual({ kind: 'unknown', because: 'the pair is not known to AWS here, so neither is its journal' });
  });

  test('completion offers no names of pairs, and says nothing about it', async () => {
    expect(await failover(['completion', 'pairs', '--region', STANDBY_REGION], {})).toEqual({ code: 0, out: '', err: '' });
  });

  test('fails with 3 for what cannot do without, and says what to do', async () => {
    const [pairs, silent] = await Promise.all([
      failover(['pairs', '--region', STANDBY_REGION], {}),
      failover(['status', RECORD, '--name-server', '127.0.0.1:1'], {}),
    ]);
    expect(pairs).toEqual({
      code: 3,
      out: '',
      err:
        'failover: AWS cannot be asked: CredentialsProviderError: Could not load credentials from any providers\n' +
        'Log in to the account of the pair (such as "aws sso login"), or set AWS_PROFILE, and try again.\n',
    });
    expect([silent.code, silent.out.includes('Nothing could be learned.')]).toEqual([3, true]);
    expect(silent.out).toMatch(/127\.0\.0\.1:1 beacon of the primary: Error: .*ECONNREFUSED/);
  });
});

test('pairs are found by their registration in the standby Region, and nowhere else', async () => {
  const [here, elsewhere] = await Promise.all([failover(['pairs', '--json']), failover(['pairs', '--region', 'eu-west-1'])]);
  expect([here.code, elsewhere.code]).toEqual([0, 1]);
  expect(JSON.parse(here.out)).toMatchObject({
    schema: 'cdk-failover.pairs/1',
    region: STANDBY_REGION,
    pairs: [{ pair: PAIR, controlSet: 'lab', recordName: RECORD, drill: { fault: 'healthCheckPath' } }],
  });
  expect(elsewhere.out).toBe(
    'No pair is registered in eu-west-1. Pairs register in their standby Region: give it with --region.\n',
  );
});

describe('a drill that moves users', () => {
  test('is not started by anything but the name of its pair', async () => {
    const [nobody, other, unknown] = await Promise.all([
      failover(['drill', 'start', PAIR]),
      failover(['drill', 'start', PAIR, '--yes-i-mean', 'web']),
      failover(['drill', 'start', 'web', '--yes-i-mean', 'web']),
    ]);
    expect([nobody.code, nobody.err]).toEqual([
      2,
      `failover: nobody can be asked: the input is no terminal\nScripts say --yes-i-mean ${PAIR}. Nothing was changed.\n`,
    ]);
    // What will happen is shown before anybody is asked.
    expect(nobody.out).toContain(`Users of ${RECORD} really move to ${lab.world.sites.standby.address} and back.`);
    expect([other.code, other.err]).toEqual([
      2,
      `failover: --yes-i-mean is "web", but the pair is ${PAIR}\nNothing was changed.\n`,
    ]);
    expect([unknown.code, unknown.err]).toEqual([
      2,
      `failover: no pair web is registered in ${STANDBY_REGION}; there is ${PAIR} (control set lab)\nPairs register in their standby Region: give it with --region.\n`,
    ]);
    expect(await typed('web')).toEqual({ failed: 'not started: the name of the pair was not typed', code: 1 });
    expect(orders()).toEqual([]);
    expect(journal()?.drill).toBeUndefined();
  });

  /** As at a terminal: the whole command, with a person who types. */
  async function typed(answer: string) {
    const input = Object.assign(new PassThrough(), { isTTY: true });
    const shell: Shell = {
      isTTY: false,
      columns: 120,
      input,
      write: (text) => void (text.startsWith('Type the name') && input.write(`${answer}\n`)),
      warn: () => undefined,
    };
    const before = { ...process.env };
    Object.assign(process.env, credentials);
    try {
      return { code: await drillCommand(['start', PAIR, '--id', 'typed'], shell) };
    } catch (error) {
      return { failed: (error as Error).message, code: (error as { code?: number }).code };
    } finally {
      process.env = before;
    }
  }
});

test('an OBSERVE drill is followed from its start to its report', async () => {
  const start = await failover(['drill', 'start', PAIR, '--level', 'OBSERVE', '--id', 'look', '--watch', '--json']);
  const said = lines(start.out);
  const last = said.at(-1);
  expect(said[0]).toMatchObject({ schema: 'cdk-failover.order/1', kind: 'started', drillId: 'shop-look' });
  expect(last).toMatchObject({
    schema: 'cdk-failover.drill-progress/1',
    kind: 'ended',
    drill: { id: 'shop-look', level: 'OBSERVE' },
  });
  expect(start.code).toBe(last.verdict === 'passed' ? 0 : 1);
  const [report, page, none, watch] = await Promise.all([
    failover(['drill', 'report', PAIR, '--json']),
    failover(['drill', 'report', PAIR, '--id', 'look', '--out', join(home, 'report.md')]),
    failover(['drill', 'report', PAIR, '--level', 'TRAFFIC']),
    failover(['drill', 'watch', PAIR]),
  ]);
  expect(JSON.parse(report.out)).toMatchObject({
    schema: 'cdk-failover.drill-report/1',
    drillId: 'shop-look',
    verdict: last.verdict,
  });
  expect([report.code, page.code, watch.code]).toEqual([start.code, start.code, start.code]);
  expect(readFileSync(join(home, 'report.md'), 'utf8').split('\n')[0]).toBe(`# Drill shop-look: ${last.verdict}`);
  expect([none.code, none.err]).toEqual([
    1,
    `failover: no TRAFFIC drill of ${PAIR} has ended yet\nStart one with "failover drill start ${PAIR} --region ${STANDBY_REGION}".\n`,
  ]);
  expect(watch.out).toContain(`Drill shop-look ended: ${last.verdict}.`);
});

/** A machine too busy to answer the preflight is refused, and asked again. @returns the id of a drill that broke the check */
async function begun(start: readonly string[]): Promise<string> {
  for (const id of ['move-1', 'move-2', 'move-3']) {
    const { code, out, err } = await failover([...start, '--id', id]);
    expect([code, err.split('\n')[0], lines(out)[0]?.kind]).toEqual([
      0,
      expect.stringContaining(`Drill shop-${id}: TRAFFIC`),
      'started',
    ]);
    await until(lab, 120, () => path().startsWith(MARKER_PATH_PREFIX) || journal()?.drill?.id !== `shop-${id}`);
    if (journal()?.drill?.id === `shop-${id}`) return id;
  }
  throw new Error('no drill came as far as breaking the check');
}

test('a TRAFFIC drill is started once, however often it is asked for, shown, and put back when it is told to', async () => {
  const start = ['drill', 'start', PAIR, '--yes-i-mean', PAIR, '--json'];
  const id = await begun(start);
  const again = await failover([...start, '--id', id]);
  const other = await failover([...start, '--id', 'other']);
  expect(again.err).toContain(`Drill shop-${id} has been started before.`);
  expect([again.code, lines(again.out)[0]?.kind]).toEqual([0, 'already-started']);
  expect([other.code, other.err]).toEqual([
    1,
    `failover: refused: drill shop-${id} is running\nFollow it with "failover drill watch ${NAMED}", end it with "failover drill abort ${NAMED}".\n`,
  ]);
  const left = await failover(['drill', 'watch', PAIR], credentials, (out, stop) => out.includes('preflight') && stop());
  expect([left.code, left.err]).toEqual([
    130,
    `failover: no longer watching; the drill goes on\n"failover drill abort ${NAMED}" ends it.\n`,
  ]);

  const status = JSON.parse((await failover(['status', '--pair', PAIR, '--json'])).out);
  expect(status.pair).toEqual({ kind: 'known', name: PAIR, controlSet: 'lab', region: STANDBY_REGION });
  expect(status.journal.drill).toMatchObject({ id: `shop-${id}`, level: 'TRAFFIC', stopRequested: false });
  expect(Object.keys(status.probes)).toEqual(['primary', 'standby']);

  const wrong = await failover(['drill', 'abort', PAIR, '--id', 'other']);
  expect([wrong.code, wrong.err.split('\n')[0]]).toEqual([
    1,
    `failover: not aborted: drill shop-${id} is running, not shop-other`,
  ]);
  for (const more of [[], ['--id', id]]) {
    const abort = await failover(['drill', 'abort', PAIR, '--json', ...more]);
    expect([abort.code, lines(abort.out)[0]]).toEqual([
      0,
      {
        schema: 'cdk-failover.order/1',
        order: 'drill-abort',
        pair: PAIR,
        controlSet: 'lab',
        kind: 'stopping',
        drillId: `shop-${id}`,
      },
    ]);
  }
  expect(await until(lab, 240, () => path() === '/health')).toBe(true);
  expect(journal()?.drill?.stopRequested).toBe(true);
});

test('every order went to the standby Region, and none but to the drill function', () => {
  const calls = lab.endpoint.recordedCalls().filter(({ handler }) => handler === 'operator');
  expect([...new Set(calls.map(({ region }) => region))].sort()).toEqual([STANDBY_REGION, 'eu-west-1']);
  expect([...new Set(calls.filter(({ region }) => region === 'eu-west-1').map(({ action }) => action))]).toEqual([
    'ssm:GetParametersByPath',
  ]);
  expect([...new Set(calls.map(({ action }) => action))].sort()).toEqual([
    'dynamodb:GetItem',
    'lambda:GetFunctionConfiguration',
    'lambda:InvokeFunction',
    's3:GetObject',
    'ssm:GetParametersByPath',
  ]);
  expect([...new Set(orders().map(({ resource }) => resource.split(':').at(-1)))]).toEqual([NAMES.drillFunction]);
});
