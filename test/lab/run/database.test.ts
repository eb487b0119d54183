import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { FAILOVER_PLAN } from '../../../lib/decide/database/plan';
import { uniformFrom } from '../../../lib/lab/run/command';
import { openLab } from '../../../lib/lab/run/lab';
import type { Expectation, Outcome } from '../../../lib/lab/run/outcome';
import { SCENARIOS, type Scenario } from '../../../lib/lab/run/scenarios';
import { labFiles } from '../../../lib/lab/run/setting';
import { Story } from '../../../lib/lab/run/story';
import { withPostgres } from '../postgres/with-postgres';

const DIST_CLI = join(__dirname, '../../../dist-cli');
/** A machine with more to do than that for each of its cores plays at half the speed from the beginning. */
const BUSY = 3;
const SCALE = Number(process.env.LAB_SCALE ?? ((loadavg()[0] ?? 0) > BUSY * cpus().length ? 3 : 6));
const SEED = Number(process.env.SEED ?? 20261120);

/** The longest first; a dying Region is also the first half of the one that returns. */
const CORE = ['database-returns', 'database-lag', 'database-partition', 'database-controller-killed', 'database-500'];
const REST = SCENARIOS.filter(({ name, database }) => database && !CORE.includes(name)).map(({ name }) => name);
const PLAYED = process.env.LAB_DATABASE === 'core' ? CORE : [...CORE, ...REST];
const LEFT_OUT = REST.filter((name) => !PLAYED.includes(name));
/** Labs at once: each waits most of its time, and four of them leave room for what else runs. */
const LANES = 4;
/** Slower each time; every wait of a scenario is bounded, so this one is never reached. */
const LIMIT_MS = 900_000;

interface Run {
  readonly outcome: Outcome;
  /** Steps in the order in which they were entered, each once. */
  readonly steps: readonly string[];
  readonly promotions: readonly string[];
  /** What a person would have seen, for a failure. */
  readonly told: readonly string[];
}

async function play({ name, run }: Scenario, scale: number): Promise<Run> {
  const files = labFiles(DIST_CLI);
  const lab = await openLab({ scale, files, uniform: uniformFrom(SEED), protocol: 'http', delayMs: 0, database: true });
  try {
    const story = new Story(lab);
    const beganMs = lab.time.nowMs();
    const outcome = await run(lab, story);
    const steps = story.lines.flatMap(({ who, text }) => (who === 'database' ? [text.split(':')[0] ?? ''] : []));
    const calls = lab.endpoint.recordedCalls().filter(({ action }) => action === 'rds:PromoteReadReplica');
    return {
      outcome,
      steps: steps.filter((one, i) => one !== steps[i - 1]),
      promotions: calls.map(({ handler, region }) => `${handler} in ${region}`),
      told: story.lines.map(({ atMs, who, text }) => `${name} ${((atMs - beganMs) / 1_000).toFixed(1)} s ${who}: ${text}`),
    };
  } finally {
    await lab.close();
  }
}

/** Promises that hold on any machine; those about samples hold on one that is not overloaded. */
const broken = ({ outcome }: Run): Expectation[] =>
  outcome.expectations.filter(({ met, what }) => !met && !/agree within/.test(what));

/**
 * A machine too busy to look every few seconds sees too little to promote: the scenario gets more time, and the test says so.
 * A broken promise about data is never tried again.
 */
async function playCalmly(scenario: Scenario): Promise<Run> {
  let run = await play(scenario, SCALE);
  for (const slower of [2, 4]) {
    const failed = broken(run);
    if (failed.length === 0 || failed.some(({ always }) => always)) break;
    const what = failed.map((one) => `${one.what} (${one.seen})`).join('; ');
    process.stderr.write(`AGAIN ${slower} times slower: ${scenario.name}: ${what}\n${run.told.slice(-40).join('\n')}\n`);
    run = await play(scenario, SCALE / slower);
  }
  return run;
}

/** Plays scenarios a few at a time, in the order given, and hands out each as it ends. */
function playAll(names: readonly string[]): (name: string) => Promise<Run> {
  const runs = new Map<string, Promise<Run>>();
  const lanes = Array.from({ length: LANES }, () => Promise.resolve());
  for (const [i, name] of names.entries()) {
    const lane = i % LANES;
    const scenario = SCENARIOS.find((one) => one.name === name) as Scenario;
    const run = (lanes[lane] as Promise<void>).then(() => playCalmly(scenario));
    runs.set(name, run);
    lanes[lane] = run.then(
      () => undefined,
      () => undefined,
    );
  }
  return (name) => runs.get(name) as Promise<Run>;
}

if (LEFT_OUT.length > 0)
  process.stderr.write(`SKIPPED scenarios with a database, by LAB_DATABASE=core: ${LEFT_OUT.join(', ')}\n`);

withPostgres('a Region and its PostgreSQL', () => {
  let runOf: (name: string) => Promise<Run>;
  beforeAll(() => {
    runOf = playAll(PLAYED);
  });

  test.each(PLAYED)(
    '%s keeps every promise of its scenario',
    async (name) => {
      const run = await runOf(name);
      expect(run.outcome.expectations.length).toBeGreaterThan(5);
      expect(run.outcome.expectations.filter(({ always }) => always)).toHaveLength(3);
      expect({ broken: broken(run), told: broken(run).length > 0 ? run.told : [] }).toEqual({ broken: [], told: [] });
    },
    LIMIT_MS,
  );

  if (LEFT_OUT.length > 0) test.skip.each(LEFT_OUT)('%s keeps every promise of its scenario', () => undefined);

  test(
    'a dying Region goes through the plan step by step, and its loss is stated before the promotion',
    async () => {
      const { outcome, promotions, steps } = await runOf('database-returns');
      expect(steps).toEqual(FAILOVER_PLAN.map(({ step }) => step));
      expect(promotions).toEqual(['database-step in eu-central-1']);
      expect(outcome.notes?.[0]).toMatch(
        /^rows: \d+ acknowledged, \d+ lost, the oldest .* s before the first evidence \(measured\)$/,
      );
      expect(outcome.notes?.[1]).toMatch(
        /^RPO: .* s of writes stated before the promotion, by heartbeat, consented to 30\.0 s \(measured\)$/,
      );
    },
    LIMIT_MS,
  );
});
