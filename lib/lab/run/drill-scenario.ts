import type { DrillReport, DrillResponse } from '../../contracts/drill';
import { MARKER_PATH_PREFIX } from '../../decide/names';
import type { Lab } from './lab';
import { truthOf } from './outage-scenario';
import { agreement, type Expectation, expectation, type Outcome } from './outcome';
import { ALARMS, NAMES, PAIR, REPORT_BUCKET, STANDBY_REGION } from './setting';
import { asBefore, journalOf, stateOf } from './state';
import type { Story } from './story';
import { until, warm } from './wait';

const DRILL_ID = 'lab-1';
/** Longest waits in lab seconds. */
const DRILL_LIMIT_SEC = 900;
const QUIET_LIMIT_SEC = 240;
const KILL_LIMIT_SEC = 120;

/** A person invokes the drill function; everything after that is the shipped product on its own. */
export const drillScenario =
  (options: { readonly kill?: boolean } = {}) =>
  async (lab: Lab, story: Story): Promise<Outcome> => {
    await warm(lab, story);
    const before = stateOf(lab);
    const startedMs = lab.time.nowMs();
    story.tell('operator', `invokes ${NAMES.drillFunction} with {"pair":"${PAIR}","id":"${DRILL_ID}"}`);
    const answer = await lab.host.invoke(NAMES.drillFunction, STANDBY_REGION, { pair: PAIR, id: DRILL_ID, requestedBy: 'lab' });
    const response = answer.kind === 'done' ? (answer.answer as DrillResponse) : undefined;
    const started = response?.kind === 'started';
    story.tell('drill', started ? 'the machine is started' : JSON.stringify(answer), started ? 'plain' : 'bad');
    if (options.kill) await killInTheMiddle(lab);
    const ended = await until(
      lab,
      DRILL_LIMIT_SEC,
      () => started && lab.s3.keys().length > 0 && journalOf(lab)?.drill === undefined,
    );
    await until(lab, QUIET_LIMIT_SEC, () => lab.cloudWatch.stateOf(ALARMS.primary) === 'OK' && lab.pagerDuty.open().length === 0);

    const report = reportOf(lab);
    const common = [
      expectation('the drill function starts the machine', started, JSON.stringify(response ?? answer)),
      expectation(
        'the drill ends with a report in the bucket',
        ended && report !== undefined,
        lab.s3.keys().join(', ') || 'no report',
      ),
      ...pages(lab),
      ...asBefore(before, stateOf(lab)),
    ];
    return {
      figures: (report?.results ?? []).map(({ name, sec, targetSec, met, provenance }) => ({
        name,
        sec,
        targetSec,
        met,
        provenance,
      })),
      ...(report ? { sampling: report.sampling, drillReport: report } : {}),
      expectations: [...common, ...(options.kill ? killed(lab, report) : measured(lab, report, startedMs))],
    };
  };

/** Kills the function that measures once Route 53 has moved the users: the worst moment to die. */
async function killInTheMiddle(lab: Lab): Promise<void> {
  const { primary } = lab.pair.checks;
  await until(lab, KILL_LIMIT_SEC, () => lab.world.healthChecks.healthy(primary) === false);
  lab.host.kill(NAMES.drillStepFunction);
}

function reportOf(lab: Lab): DrillReport | undefined {
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
      `${report.verdict}: ${report.because.join('; ')}`,
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
        { what: 't0', measuredMs: marks.t0, trueMs: trueT0(lab) },
        { what: 'detection', measuredMs: marks.tD, trueMs: truth.detectedMs },
        { what: 'switch', measuredMs: marks.tS, trueMs: truth.switchedMs },
        { what: 'return', measuredMs: marks.tB, trueMs: truth.returnedMs },
      ],
      sampling.periodMs,
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

function killed(lab: Lab, report: DrillReport | undefined): Expectation[] {
  const healthy = lab.world.healthChecks.healthy(lab.pair.checks.primary);
  return [
    expectation(
      'the killed drill does not call itself passed',
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

/** The alarm fires by design, so its page is marked as the drill's and ends with it. */
function pages(lab: Lab): Expectation[] {
  const ofPrimary = lab.pagerDuty.incidents().filter(({ dedupKey }) => dedupKey.includes(ALARMS.primary));
  return [
    expectation(
      'at most one incident for the expected alarm, marked as a drill',
      ofPrimary.length <= 1 && ofPrimary.every(({ summary, severity }) => summary.startsWith('[DRILL]') && severity === 'info'),
      ofPrimary.map(({ summary, severity }) => `${severity}: ${summary}`).join(' | ') || 'none',
    ),
    expectation('no incident is open at the end', lab.pagerDuty.open().length === 0, `${lab.pagerDuty.open().length} open`),
  ];
}
