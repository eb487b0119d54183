import type { DrillReport, DrillResponse, DrillResult } from '../../contracts/drill';
import { MARKER_PATH_PREFIX } from '../../decide/names';
import type { Lab } from './lab';
import { agreement, type Expectation, expectation, type Outcome } from './outcome';
import { drillMarks } from './report/marks';
import { truthOf } from './report/truth';
import { ALARMS, NAMES, PAIR, REPORT_BUCKET, STANDBY_REGION } from './setting';
import { asBefore, journalOf, type LabState, stateOf } from './state';
import type { Story } from './story';
import { until, warm } from './wait';

export const DRILL_ID = 'lab-1';
/** Longest waits in lab seconds. */
export const DRILL_LIMIT_SEC = 900;
const QUIET_LIMIT_SEC = 240;
const KILL_LIMIT_SEC = 120;
/** Long enough for the drill to measure, too short for Route 53 to have decided. */
const OUTAGE_AFTER_MS = 8_000;
const RESTORE_LIMIT_SEC = 240;
/** The drill looks for the return less often than it measures, and does other things in between. */
const RETURN_PERIOD_MS = 500;

export type Disturbance = 'undisturbed' | 'killed' | 'abandoned' | 'outage';

/** A person invokes the drill function; everything after that is the shipped product on its own. */
export const drillScenario =
  (disturbance: Disturbance) =>
  async (lab: Lab, story: Story): Promise<Outcome> => {
    await warm(lab, story);
    const before = stateOf(lab);
    const startedMs = lab.time.nowMs();
    story.tell('operator', `invokes ${NAMES.drillFunction} with {"pair":"${PAIR}","id":"${DRILL_ID}"}`);
    const answer = await lab.host.invoke(NAMES.drillFunction, STANDBY_REGION, { pair: PAIR, id: DRILL_ID, requestedBy: 'lab' });
    const response = answer.kind === 'done' ? (answer.answer as DrillResponse) : undefined;
    const started = response?.kind === 'started';
    if (!started) story.tell('drill', JSON.stringify(answer), 'bad');
    const start = expectation('the drill function starts the machine', started, JSON.stringify(response ?? answer));
    if (!started) return { figures: [], expectations: [start] };
    if (disturbance === 'killed' || disturbance === 'abandoned') await killInTheMiddle(lab, story, disturbance);
    const paged = disturbance === 'outage' ? [await breakForReal(lab)] : [];
    return disturbance === 'abandoned'
      ? abandoned(lab, story, before, start)
      : carried(lab, before, [start, ...paged], startedMs, disturbance);
  };

/** The machine carries the drill to its end, whatever happened to one function. */
async function carried(
  lab: Lab,
  before: LabState,
  start: readonly Expectation[],
  startedMs: number,
  disturbance: Disturbance,
): Promise<Outcome> {
  const ended = await until(lab, DRILL_LIMIT_SEC, () => lab.s3.keys().length > 0 && journalOf(lab)?.drill === undefined);
  await until(lab, QUIET_LIMIT_SEC, () => quiet(lab));
  const report = reportOf(lab);
  return {
    // What was disturbed measured nothing.
    figures: disturbance === 'undisturbed' ? (report?.results ?? []).map(figureOf) : [],
    ...(report ? { drillReport: report, marks: drillMarks(report.marks) } : {}),
    ...(report && disturbance === 'undisturbed' ? { sampling: report.sampling } : {}),
    expectations: [
      ...start,
      expectation(
        'the drill ends with a report in the bucket',
        ended && report !== undefined,
        lab.s3.keys().join(', ') || 'no report',
      ),
      ...pages(lab, disturbance),
      ...asBefore(before, stateOf(lab)),
      ...(disturbance === 'undisturbed' ? measured(lab, report, startedMs) : disturbed(lab, report)),
    ],
  };
}

const figureOf = ({ name, sec, targetSec, met, provenance }: DrillResult) => ({ name, sec, targetSec, met, provenance });

/** Nobody carries the drill any more: what was recorded and scheduled before the act must be enough. */
async function abandoned(lab: Lab, story: Story, before: LabState, start: Expectation): Promise<Outcome> {
  const drill = journalOf(lab)?.drill;
  const waitSec = ((drill?.deadlineMs ?? 0) - lab.time.nowMs()) / 1_000;
  story.tell('lab', `nobody carries the drill any more; its deadline comes in ${Math.round(waitSec)} s`, 'bad');
  const healthy = () => lab.world.healthChecks.healthy(lab.pair.checks.primary) === true;
  const restored = await until(lab, waitSec + RESTORE_LIMIT_SEC, healthy);
  await until(lab, QUIET_LIMIT_SEC, () => quiet(lab));
  const found = journalOf(lab)?.drill?.restored;
  return {
    figures: [],
    expectations: [
      start,
      expectation('the primary is healthy again soon after the deadline', restored, healthy() ? 'healthy' : 'unhealthy'),
      expectation(
        'the schedule or the keeper restored it',
        found?.outcome === 'restored' && (found.by === 'schedule' || found.by === 'keeper'),
        `${found?.outcome} by ${found?.by}`,
      ),
      noneOpen(lab),
      // The keeper buries such a drill later, when nobody can come back for it.
      ...asBefore({ ...before, runningDrill: drill?.id ?? 'none' }, stateOf(lab)),
    ],
  };
}

const quiet = (lab: Lab) => lab.cloudWatch.stateOf(ALARMS.primary) === 'OK' && openIncidents(lab).length === 0;

/** A missed target stays open until a later drill meets it. */
const openIncidents = (lab: Lab) => lab.pagerDuty.open().filter(({ dedupKey }) => !dedupKey.endsWith('/drill-missed-target'));

const noneOpen = (lab: Lab) =>
  expectation(
    'no incident is open at the end, but for a missed target',
    openIncidents(lab).length === 0,
    `${openIncidents(lab).length} open`,
  );

/** Kills the function that measures once Route 53 has moved the users: the worst moment to die. */
async function killInTheMiddle(lab: Lab, story: Story, disturbance: Disturbance): Promise<void> {
  const { primary } = lab.pair.checks;
  await until(lab, KILL_LIMIT_SEC, () => lab.world.healthChecks.healthy(primary) === false);
  if (disturbance === 'abandoned') {
    story.tell('operator', 'stops the execution by hand', 'bad');
    lab.machines.stopAll();
  }
  lab.host.kill(NAMES.drillStepFunction);
}

/**
 * The primary dies while the drill has its health check on the marker path: Route 53 cannot tell, the drill's own probe
 * can. Mended once somebody is paged for real.
 */
async function breakForReal(lab: Lab): Promise<Expectation> {
  const marked = () => lab.world.truth.first('check-updated', (event) => pathOf(event).startsWith(MARKER_PATH_PREFIX));
  // A drill that refuses to start never marks the check.
  const began = await until(lab, KILL_LIMIT_SEC, () => marked() !== undefined);
  if (!began) return expectation('the drill breaks the health check', false, 'it never did');
  await lab.time.sleep(OUTAGE_AFTER_MS);
  await lab.world.sites.primary.fail('refused');
  const real = () => lab.pagerDuty.open().filter(({ severity }) => severity === 'critical');
  const paged = await until(lab, QUIET_LIMIT_SEC, () => real().length > 0);
  const seen = real()[0]?.summary ?? 'nobody was paged';
  // The restore asks for the real path again, and Route 53 finds the real outage by itself.
  await until(lab, QUIET_LIMIT_SEC, () => lab.cloudWatch.stateOf(ALARMS.primary) === 'ALARM');
  await lab.world.sites.primary.heal();
  return expectation('the real outage pages for real, drill or not', paged, seen);
}

const pathOf = (event: { readonly changed: Readonly<Record<string, unknown>> }) => String(event.changed.path ?? '');

export function reportOf(lab: Lab): DrillReport | undefined {
  const key = lab.s3.keys().find((one) => one.startsWith(`${REPORT_BUCKET}/`) && one.endsWith('.json'));
  const text = key === undefined ? undefined : lab.s3.read(key);
  return text === undefined ? undefined : (JSON.parse(text) as DrillReport);
}

/** What the drill says it measured, held against what really happened. */
function measured(lab: Lab, report: DrillReport | undefined, startedMs: number): Expectation[] {
  if (!report) return [];
  const truth = truthOf(lab, startedMs);
  const { marks, sampling, results } = report;
  const allMet = results.length > 0 && results.every(({ met }) => met);
  return [
    expectation(
      'the verdict is passed when every target is met, else failed',
      report.verdict === (allMet ? 'passed' : 'failed'),
      [report.verdict, ...report.because].join('; '),
    ),
    expectation(
      'the measurement is valid',
      sampling.valid,
      `largest gap ${Math.round(sampling.largestGapMs)} ms, limit ${sampling.limitMs} ms`,
    ),
    expectation(
      'the health check was restored by the machine',
      report.restore.outcome === 'restored',
      `${report.restore.outcome} by ${report.restore.by}`,
    ),
    ...agreement(
      [
        { what: 't0', measuredMs: marks.t0, trueMs: trueT0(lab), periodMs: sampling.periodMs },
        { what: 'detection', measuredMs: marks.tD, trueMs: truth.detectedMs, periodMs: sampling.periodMs },
        { what: 'switch', measuredMs: marks.tS, trueMs: truth.switchedMs, periodMs: sampling.periodMs },
        { what: 'return', measuredMs: marks.tB, trueMs: truth.returnedMs, periodMs: RETURN_PERIOD_MS + sampling.largestGapMs },
      ],
      sampling.largestGapMs,
    ),
  ];
}

/** The first checker that failed on the marker path. */
function trueT0(lab: Lab): number | undefined {
  const broken = lab.world.truth.first('check-updated', ({ changed }) =>
    String(changed.path ?? '').startsWith(MARKER_PATH_PREFIX),
  );
  const { primary } = lab.pair.checks;
  return broken && lab.world.truth.first('probe-failed', (event) => event.check === primary, broken.atMs)?.startedAtMs;
}

function disturbed(lab: Lab, report: DrillReport | undefined): Expectation[] {
  const healthy = lab.world.healthChecks.healthy(lab.pair.checks.primary);
  return [
    expectation(
      'a drill that was disturbed does not call itself passed',
      report !== undefined && report.verdict !== 'passed',
      report?.verdict ?? 'no report',
    ),
    expectation(
      'somebody restored the health check',
      report?.restore.outcome === 'restored',
      `${report?.restore.outcome} by ${report?.restore.by}`,
    ),
    expectation('Route 53 calls the primary healthy again', healthy === true, String(healthy)),
  ];
}

/** The alarm fires by design, so its page is marked as the drill's and ends with it. A dead drill cannot vouch for that. */
function pages(lab: Lab, disturbance: Disturbance): Expectation[] {
  const ofPrimary = lab.pagerDuty.incidents().filter(({ dedupKey }) => dedupKey.includes(ALARMS.primary));
  const marked = ofPrimary.every(({ summary, severity }) => summary.startsWith('[DRILL]') && severity === 'info');
  const seen = ofPrimary.map(({ summary, severity }) => `${severity}: ${summary}`).join(' | ') || 'none';
  const undisturbed = disturbance === 'undisturbed';
  return [
    expectation(
      undisturbed ? 'at most one incident for the expected alarm, marked as a drill' : 'at most one incident for the alarm',
      ofPrimary.length <= 1 && (!undisturbed || marked),
      seen,
    ),
    noneOpen(lab),
  ];
}
