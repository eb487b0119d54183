import { join } from 'node:path';
import { FAILOVER_PLAN } from '../../../lib/decide/database/plan';
import { uniformFrom } from '../../../lib/lab/run/command';
import { type Lab, openLab } from '../../../lib/lab/run/lab';
import type { Outcome } from '../../../lib/lab/run/outcome';
import { SCENARIOS, type Scenario } from '../../../lib/lab/run/scenarios';
import { labFiles } from '../../../lib/lab/run/setting';
import { Story } from '../../../lib/lab/run/story';
import { withPostgres } from './with-postgres';

const DIST_CLI = join(__dirname, '../../../dist-cli');
const SCALE = Number(process.env.LAB_SCALE ?? 6);
const SEED = Number(process.env.SEED ?? 20261120);

interface Run {
  readonly lab: Lab;
  readonly story: Story;
  readonly outcome: Outcome;
}

const opened: Lab[] = [];

async function play(name: string, scale: number): Promise<Run> {
  const scenario = SCENARIOS.find((one) => one.name === name) as Scenario;
  const lab = await openLab({
    scale,
    files: labFiles(DIST_CLI),
    uniform: uniformFrom(SEED),
    protocol: 'http',
    delayMs: 0,
    database: scenario.database ?? false,
  });
  opened.push(lab);
  const story = new Story(lab);
  return { lab, story, outcome: await scenario.run(lab, story) };
}

/** Promises that hold on any machine; those about samples hold on one that is not overloaded. */
const broken = ({ outcome }: Run) => outcome.expectations.filter(({ met, what }) => !met && !/agree within/.test(what));

/** Steps in the order in which they were entered, each once. */
const steps = ({ story }: Run) =>
  story.lines
    .flatMap(({ who, text }) => (who === 'database' ? [text.split(':')[0]] : []))
    .filter((one, i, all) => one !== all[i - 1]);

/** A machine too busy to look every few seconds sees too little to promote: it gets more time, once. */
async function playCalmly(name: string): Promise<Run> {
  const run = await play(name, SCALE);
  return broken(run).length === 0 ? run : play(name, SCALE / 3);
}

// Sockets, bundles and PostgreSQL need two quiet cores for a minute: on a busy machine the run proves nothing but its load.
const live = process.env['LAB_DATABASE'] === '1';
if (!live)
  process.stderr.write('SKIPPED a Region that dies with its PostgreSQL: set LAB_DATABASE=1, or npm run lab -- database\n');
const whole = live ? withPostgres : describe.skip;

whole('a Region that dies with its PostgreSQL', () => {
  let run: Run;
  beforeAll(async () => {
    run = await playCalmly('database');
  }, 400_000);
  afterAll(() => Promise.all(opened.map((lab) => lab.close())));

  test('is failed over by the shipped functions, and keeps every promise of the scenario', () => {
    expect(broken(run)).toEqual([]);
  });

  test('goes through the plan step by step, and orders one promotion after the latch', () => {
    expect(steps(run)).toEqual(FAILOVER_PLAN.map(({ step }) => step));
    const calls = run.lab.endpoint.recordedCalls().filter(({ action }) => action === 'rds:PromoteReadReplica');
    expect(calls.map(({ handler, region }) => `${handler} in ${region}`)).toEqual(['database-step in eu-central-1']);
  });

  test('counts rows, and states their loss before it promotes', () => {
    expect(run.outcome.notes?.[0]).toMatch(
      /^rows: \d+ acknowledged, \d+ lost, the oldest .* s before the first evidence \(measured\)$/,
    );
    expect(run.outcome.notes?.[1]).toMatch(
      /^RPO: .* s of writes stated before the promotion, by heartbeat, consented to 30\.0 s \(measured\)$/,
    );
  });
});
