import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { FailoverStack, HealthProbe, Site } from 'cdk-failover';
import { BUDGET_HELP, budgetCommand } from '../../bin/commands/budget';
import { type BudgetFile, pairBudget } from '../../lib/decide/budget';
import { DEFAULT_DEMAND, factsWith } from '../decide/budget/support';
import { bundleTo } from '../support/bundle';
import { openInChromium, withChromium } from '../support/chromium';

const home = mkdtempSync(join(tmpdir(), 'budget-cli-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function run(...args: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await budgetCommand(args, { write: (text) => void out.push(text), warn: (text) => void err.push(text) });
  return { code, out: out.join(''), err: err.join('') };
}

const web = (name: string, health: HealthProbe) => {
  const outdir = join(home, name);
  const app = new App({ outdir });
  new FailoverStack(app, 'Web', {
    env: { account: '111111111111', region: 'us-east-1' },
    zoneName: 'example.com',
    recordName: 'app',
    primary: Site.ip('1.2.3.4'),
    standby: Site.ip('5.6.7.8'),
    health,
  });
  app.synth();
  return outdir;
};

/** An assembly that holds only budgets, a pair for each check. */
const budgets = (name: string, checks: readonly Parameters<typeof factsWith>[0][]) => {
  const outdir = join(home, name);
  mkdirSync(outdir, { recursive: true });
  const pairs = checks.map((check, i) => pairBudget(`Pair${i}`, { ...factsWith(check), pair: `pair${i}` }, DEFAULT_DEMAND));
  const file: BudgetFile = { schema: 'cdk-failover.budget/1', pairs };
  writeFileSync(join(outdir, 'failover-budget.json'), JSON.stringify(file));
  return outdir;
};

describe('two addresses', () => {
  const asked = web('asked', HealthProbe.https());
  const fixed = web('fixed', HealthProbe.https({ failures: 2 }));

  test('are printed with what is missed and how to fix it', async () => {
    const { code, out } = await run(asked);
    expect(code).toBe(0);
    expect(out).toContain('Pair web (Web/Pair): at risk\n');
    expect(out).toContain('  detection      32.0  40.5  41.6   42.1    30 !\n');
    expect(out).toContain(
      'WARNING detection 30 s is missed at worst: refused 30.6 s, HTTP error 30.6 s, slow answer 36.6 s, black hole 42.1 s; ' +
        'most of it is HTTPS check, 10 s x 3, 16 checkers: 42.1 s at worst (simulated)\n' +
        '  fix: health failures: 2 (no cost; changed in place; an outage of about 20 s moves the name, not only one of 30 s)\n',
    );
  });

  test('with the fix have nothing to say', async () => {
    const { code, out } = await run(fixed);
    expect(code).toBe(0);
    expect(out).toContain('Pair web (Web/Pair): every target is met\n');
    expect(out).not.toMatch(/WARNING|ERROR|!/);
  });

  test('have a price, beside what else one could buy', async () => {
    const { out } = await run(asked);
    expect(out).toMatch(/health checks with HTTPS, fast interval +2 +9\.50 {2}assumed \(list price, 2026-11-20\)/);
    expect(out).toMatch(/ARC Region switch, per plan +1 +70\.00 /);
    expect(out).toMatch(/ARC routing-control cluster +1 +1825\.00 /);
    expect(out).toMatch(/canary, a run each minute +1 +52\.56 /);
  });

  test('as JSON carry schema, findings, simulation and cost', async () => {
    const { code, out } = await run(asked, '--json', '--simulate', '300', '--seed', '7');
    const result = JSON.parse(out);
    expect(code).toBe(0);
    expect(result).toMatchObject({ schema: 'cdk-failover.budget-result/1', cost: { notCounted: expect.any(String) } });
    expect(result.pairs[0]).toMatchObject({ verdict: 'at-risk', simulation: { runs: 300, seed: 7, provenance: 'simulated' } });
    expect((await run(asked, '--json', '--simulate', '300', '--seed', '7')).out).toBe(out);
  });

  test('simulated, a share is never rounded to a promise', async () => {
    const { out } = await run(asked, '--simulate', '2000', '--seed', '7');
    expect(out).toContain('p50, p95 and p99 simulated: 2000 runs, seed 7');
    // Worst RTO of a refused connection is 121.6 s: so seldom that no run shows it.
    expect(out).toMatch(/RTO .* 121\.6 +120 ! +> 99 %/);
    expect(out).toMatch(/detection .* 42\.1 +30 ! +0 %/);
  });
});

// Medians in seconds of 200,000 runs per cell: interval, failures, refused, status 500, answer after 3 s, SYN black hole.
const TABLE = [
  [10, 1, 8.6, 8.6, 10.6, 12.5],
  [10, 2, 18.7, 18.8, 22.7, 26.5],
  [10, 3, 28.8, 28.9, 34.8, 40.5],
  [30, 1, 25.3, 25.4, 27.3, 29.2],
  [30, 2, 55.4, 55.5, 59.4, 63.2],
  [30, 3, 85.5, 85.7, 91.5, 97.2],
] as const;

test('--simulate gives the medians of detection of the table of independent runs within 2 %', async () => {
  const folder = budgets(
    'table',
    TABLE.map(([intervalSec, failures]) => ({ intervalSec, failures })),
  );
  const { code, out } = await run(folder, '--json', '--simulate', '2000', '--seed', '7');
  expect(code).toBe(1);
  const { pairs } = JSON.parse(out);
  for (const [i, [, , ...medians]] of TABLE.entries()) {
    const stages = pairs[i].simulation.stages.filter((s: { stage: string }) => s.stage === 'detection');
    const found = stages.map((s: { p50Sec: number }) => s.p50Sec);
    expect(found).toHaveLength(4);
    for (const [m, median] of medians.entries()) expect(Math.abs(found[m] / median - 1)).toBeLessThan(0.02);
  }
});

test('an impossible target is exit code 1', async () => {
  const { code, out } = await run(budgets('slow', [{ intervalSec: 30 }]));
  expect(code).toBe(1);
  expect(out).toContain('Pair pair0 (Pair0): IMPOSSIBLE\n');
  expect(out).toMatch(/^ERROR detection 30 s is impossible: /m);
});

test('assemblies of stages are read too', async () => {
  budgets('staged/assembly-Prod', [{}]);
  expect((await run(join(home, 'staged'))).out).toContain('Pair pair0 (Pair0): at risk');
});

test('--help says what there is', async () => {
  expect(await run('--help')).toEqual({ code: 0, out: BUDGET_HELP, err: '' });
});

describe('fails with exit code 2 and one line', () => {
  const broken = (name: string, text: string) => {
    const outdir = join(home, name);
    mkdirSync(outdir, { recursive: true });
    writeFileSync(join(outdir, 'failover-budget.json'), text);
    return outdir;
  };
  const at = (name: string) => join(home, name);
  mkdirSync(at('empty'), { recursive: true });
  const good = budgets('good', [{}]);

  test.each<[string, readonly string[], string]>([
    ['no folder', [at('nowhere')], `${at('nowhere')} cannot be read; give the folder that "cdk synth" wrote, such as cdk.out`],
    [
      'no budget in it',
      [at('empty')],
      `${at('empty')} has no failover-budget.json; run "cdk synth" of an app with a FailoverPair first`,
    ],
    [
      'half a file',
      [broken('half', '{"schema":')],
      `${at('half/failover-budget.json')} is not complete JSON (10 characters); synthesize again`,
    ],
    [
      'another schema',
      [broken('other', '{"schema":"cdk-failover.budget/2","pairs":[]}')],
      `${at('other/failover-budget.json')} has schema "cdk-failover.budget/2", this version reads "cdk-failover.budget/1"; synthesize again with the cdk-failover whose command line this is`,
    ],
    ['no number of runs', [good, '--simulate', 'many'], '--simulate is "many"; a whole number from 1 to 1000000'],
    ['no runs', [good, '--simulate', '0'], '--simulate is "0"; a whole number from 1 to 1000000'],
    ['a seed for nothing', [good, '--seed', '7'], '--seed is given without --simulate or --html; nothing would use it'],
    ['two folders', [good, good], 'one folder at most, not 2; see "failover budget --help"'],
  ])('%s', async (_name, args, text) => {
    expect(await run(...args)).toEqual({ code: 2, out: '', err: `failover budget: ${text}\n` });
  });

  test('an unknown option', async () => {
    const { code, err } = await run('--fast');
    expect(code).toBe(2);
    expect(err).toMatch(/^failover budget: Unknown option '--fast'.*; see "failover budget --help"\n$/);
  });
});

const outfile = join(home, 'cli.cjs');
const page = join(home, 'budget.html');

test('--html, from the bundle that ships, draws every stage and mode and loads nothing from elsewhere', async () => {
  await bundleTo(
    outfile,
    `import { budgetCommand } from './bin/commands/budget';
     const write = (text) => process.stdout.write(text);
     budgetCommand(process.argv.slice(2), { write, warn: write }).then((code) => { process.exitCode = code; });`,
  );
  const child = spawnSync(process.execPath, [outfile, budgets('drawn', [{}]), '--simulate', '500', '--html', page], {
    encoding: 'utf8',
  });
  expect({ status: child.status, stderr: child.stderr }).toEqual({ status: 0, stderr: '' });
  const nowhere = join(home, 'no', 'such', 'budget.html');
  const failed = spawnSync(process.execPath, [outfile, join(home, 'drawn'), '--simulate', '10', '--html', nowhere], {
    encoding: 'utf8',
  });
  expect(failed.status).toBe(2);
  expect(failed.stdout).toContain(`failover budget: --html is "${nowhere}", which cannot be written (ENOENT)\n`);
  const html = readFileSync(page, 'utf8');
  expect(html.match(/<svg/g)).toHaveLength(4);
  for (const text of [
    'Detection: ',
    'DNS effective: ',
    'Switch: ',
    'RTO: ',
    'target 30 s',
    'target 120 s',
    'black hole',
    'slow answer',
    'Fix: health failures: 2.',
  ]) {
    expect(html).toContain(text);
  }
  // Names of XML languages are no addresses to load from; sources in the table are text.
  const loads = html.match(/(src|href)="[^"]*"|url\([^)]*\)|@import|<script|<link/g) ?? [];
  expect(loads.filter((text) => !text.startsWith('url(#') && !text.startsWith('href="#'))).toEqual([]);
});

withChromium('the page of --html, in a browser', () => {
  test('shows each distribution and each target, asks for nothing and throws nothing', () => {
    const { dom, console, requests } = openInChromium(page);
    expect({ console, requests }).toEqual({ console: [], requests: [] });
    // A strip for each of four failure modes, in each of four stages; three stages have a target.
    expect(dom.match(/class="mark-area role-mark/g)).toHaveLength(16);
    expect(dom.match(/class="mark-rule role-mark/g)).toHaveLength(12);
  });
});
