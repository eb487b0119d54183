import type { DrillReport } from '../../../contracts/drill';
import { markdownOf } from '../../../decide/drill/markdown';
import { reportOf } from '../../../decide/drill/report';
import type { MeasureResult } from '../../../decide/drill/results';
import { endDrill, isFinal, type StepAnswer } from '../../../decide/drill/rules';
import type { RunningDrill } from '../../../decide/journal';
import { METRIC, pairDimensions } from '../../../decide/metrics';
import { restoreScheduleName } from '../../../decide/names';
import { transact } from '../transact';
import { drillIncident, isUnknown, type StepContext, tell } from './context';
import { patiently, probeSite } from './look';

/** Targets of the project where a registration names none, in seconds. */
const TARGETS = { detectionSec: 30, switchSec: 60, rtoSec: 120 };

export const reportKey = (pair: string, drillId: string, ending: 'json' | 'md') => `drills/${pair}/${drillId}.${ending}`;

/**
 * Judges, keeps the report, tells. Takes the drill off the journal last: whatever fails before is done again. A drill
 * whose restore is not verified stays on the journal, so that schedule and keeper go on.
 */
export async function report(context: StepContext): Promise<StepAnswer> {
  const { ports, input, registration, drill } = context;
  const open = await whyNotRestored(context);
  const found = reportOf(input.pair, drill, registration.drill?.targets ?? TARGETS, ports.time.nowMs());
  const judged: DrillReport =
    open === undefined ? found : { ...found, verdict: 'failed', because: [`not restored: ${open}`, ...found.because] };
  await ports.reports.put(reportKey(input.pair, drill.id, 'json'), `${JSON.stringify(judged, null, 2)}\n`, 'application/json');
  await ports.reports.put(reportKey(input.pair, drill.id, 'md'), markdownOf(judged), 'text/markdown; charset=utf-8');
  if (drill.level !== 'OBSERVE') await ports.metrics.publish(metricsOf(context, judged));
  await tellResult(context, judged, open);
  await tellOutageOver(context);
  if (open !== undefined) return { outcome: 'not restored', because: judged.because };
  if (drill.undo) {
    const removed = await patiently(ports.time, () => ports.schedules.remove(restoreScheduleName(drill.id)));
    // A schedule that stays fires once into a restore that finds nothing.
    if (isUnknown(removed)) ports.log.error('the one-shot schedule was not removed', { because: removed.because });
  }
  await transact(ports.journal, input.pair, (item) => endDrill(item, drill.id, judged.verdict, ports.time.nowMs()));
  return { outcome: judged.verdict, ...(judged.because.length > 0 ? { because: judged.because } : {}) };
}

/** Looks at the check itself: what calls returned proves nothing. */
async function whyNotRestored({ ports, drill, registration }: StepContext): Promise<string | undefined> {
  const { undo, restored } = drill;
  if (!undo) return undefined;
  if (!restored || !isFinal(restored.outcome)) return 'the restore did not come to an end';
  if (undo.kind === 'functions' || restored.outcome === 'changed by a deployment') return undefined;
  if (undo.kind === 'metric') return alarmStillOn(ports, registration);
  const view = await patiently(ports.time, () => ports.checks.read(undo.checkId), 2_000);
  if (isUnknown(view)) return view.because;
  const is = undo.kind === 'healthCheckPath' ? view.path : view.port;
  return is === undo.marker ? `the health check still carries ${undo.marker}` : undefined;
}

/** What CloudWatch makes of the metric. Silence is not breaching, so a drill that died is over by itself. */
async function alarmStillOn(ports: StepContext['ports'], { drill }: StepContext['registration']): Promise<string | undefined> {
  const fault = drill?.fault;
  // Another deployment may have changed the kind of fault; the metric ends by itself all the same.
  if (fault?.kind !== 'metric') return undefined;
  const states = await patiently(ports.time, () => ports.alarms.states(fault.region, [fault.alarm]), 2_000);
  if (isUnknown(states)) return states.because;
  const state = (states as Readonly<Record<string, string>>)[fault.alarm];
  return state === 'ALARM' ? `alarm ${fault.alarm} is still on` : undefined;
}

function metricsOf({ registration }: StepContext, judged: DrillReport) {
  const dimensions = pairDimensions(registration.namespace, registration.pair);
  const count = (name: string, value: number) => ({ name, value, unit: 'Count' as const, dimensions });
  const names = { detection: METRIC.detection, switch: METRIC.trafficSwitch, rto: METRIC.rto };
  return [
    ...judged.results.flatMap((r) =>
      r.sec === null ? [] : [{ name: names[r.name], value: r.sec, unit: 'Seconds' as const, dimensions }],
    ),
    ...(judged.results.length > 0 ? [count(METRIC.targetsMissed, judged.results.filter((r) => !r.met).length)] : []),
    count(METRIC.failed, judged.verdict === 'passed' ? 0 : 1),
  ];
}

async function tellResult({ ports, registration, drill, input }: StepContext, judged: DrillReport, open: string | undefined) {
  const incidentKey = drillIncident(input.pair, drill.id);
  const details = { drillId: drill.id, verdict: judged.verdict, because: judged.because, results: judged.results };
  const say = (said: Pick<Parameters<typeof tell>[3], 'type' | 'action' | 'severity' | 'summary' | 'incidentKey'>) =>
    tell(ports, registration, 'drill', { ...said, details });
  if (open !== undefined) {
    const summary = `Drill ${drill.id} did not put ${registration.recordName} back: ${open}; traffic stays on the standby`;
    await say({
      type: 'drill-not-restored',
      incidentKey: `${incidentKey}/restore`,
      action: 'trigger',
      severity: 'critical',
      summary,
    });
  }
  if (drill.level === 'OBSERVE') return;
  const severity = judged.verdict === 'passed' ? 'info' : 'warning';
  await say({
    type: 'drill-finished',
    incidentKey,
    action: 'note',
    severity,
    summary: `Drill ${drill.id} ${judged.verdict}${firstOf(judged)}`,
  });
  await tellTargets(say, drill, judged, input.pair);
}

/** Closes what the measurement opened when the primary stopped answering, if the primary itself and its name are back. */
async function tellOutageOver({ ports, registration, drill, input }: StepContext): Promise<void> {
  const measured = drill.steps['measure']?.result as MeasureResult | undefined;
  if (!measured?.abort?.realOutage || drill.steps['await_return']?.outcome !== 'returned') return;
  if ((await probeSite(ports, registration, 'primary')).kind !== 'good') return;
  await tell(ports, registration, 'drill', {
    type: 'drill-outage-over',
    incidentKey: `${drillIncident(input.pair, drill.id)}/outage`,
    action: 'resolve',
    severity: 'info',
    summary: `${registration.recordName}: the primary answers again`,
    details: { drillId: drill.id },
  });
}

const firstOf = (judged: DrillReport) => (judged.because[0] === undefined ? '' : `: ${judged.because[0]}`);

/** One open incident per pair for missed targets; the next drill that meets them closes it. */
async function tellTargets(
  say: (said: {
    type: string;
    incidentKey: string;
    action: 'trigger' | 'resolve';
    severity: 'warning' | 'info';
    summary: string;
  }) => Promise<void>,
  drill: RunningDrill,
  judged: DrillReport,
  pair: string,
): Promise<void> {
  const incidentKey = `${pair}/drill-missed-target`;
  if (judged.verdict === 'passed') {
    await say({
      type: 'drill-met-targets',
      incidentKey,
      action: 'resolve',
      severity: 'info',
      summary: `Drill ${drill.id} met its targets`,
    });
    return;
  }
  const missed = judged.verdict === 'failed' ? judged.results.filter((r) => !r.met) : [];
  if (missed.length === 0) return;
  const words = missed.map((r) => `${r.name} ${r.sec === null ? 'unknown' : `${r.sec} s`} of ${r.targetSec} s`).join(', ');
  await say({
    type: 'drill-missed-target',
    incidentKey,
    action: 'trigger',
    severity: 'warning',
    summary: `Drill ${drill.id} missed: ${words}`,
  });
}
