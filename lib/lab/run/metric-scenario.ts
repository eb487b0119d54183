import type { DrillResponse } from '../../contracts/drill';
import { FAULT_ALARM, faultValues, GATE } from './drill-gate';
import { DRILL_ID, DRILL_LIMIT_SEC, reportOf } from './drill-scenario';
import type { Lab } from './lab';
import { expectation, type Outcome } from './outcome';
import { drillMarks } from './report/marks';
import { ALARMS, NAMES, PAIR, STANDBY_REGION } from './setting';
import { asBefore, journalOf, stateOf } from './state';
import type { Story } from './story';
import { until, warm } from './wait';

/** The drill publishes its fault; an alarm reads it, and a check beside the primary's own reads the alarm. */
export async function metricScenario(lab: Lab, story: Story): Promise<Outcome> {
  await warm(lab, story);
  const before = stateOf(lab);
  story.tell('operator', `invokes ${NAMES.drillFunction} with {"pair":"${PAIR}","id":"${DRILL_ID}"}`);
  const answer = await lab.host.invoke(NAMES.drillFunction, STANDBY_REGION, { pair: PAIR, id: DRILL_ID, requestedBy: 'lab' });
  const started = answer.kind === 'done' && (answer.answer as DrillResponse).kind === 'started';
  const ended = await until(lab, DRILL_LIMIT_SEC, () => lab.s3.keys().length > 0 && journalOf(lab)?.drill === undefined);
  const report = reportOf(lab);
  const turns = lab.world.truth.all('check-turned', ({ check }) => check === GATE).map(({ healthy }) => healthy);
  const own = lab.world.truth.all('check-turned', ({ check }) => check === lab.pair.checks.primary);
  const said = faultValues(lab.cloudWatch);
  const changes = lab.endpoint.recordedCalls().filter(({ action }) => action === 'route53:UpdateHealthCheck');
  const of = lab.pagerDuty.incidents().filter(({ dedupKey }) => dedupKey.includes(ALARMS.primary));
  return {
    figures: (report?.results ?? []).map(({ name, sec, targetSec, met, provenance }) => ({
      name,
      sec,
      targetSec,
      met,
      provenance,
    })),
    ...(report ? { drillReport: report, sampling: report.sampling, marks: drillMarks(report.marks) } : {}),
    expectations: [
      expectation('the drill function starts the machine', started, JSON.stringify(answer)),
      expectation('the drill ends with a report in the bucket', ended && report !== undefined, lab.s3.keys().join(', ')),
      expectation(
        'users are held out of the primary once, and let in again',
        turns.join() === 'false,true',
        turns.map((healthy) => (healthy ? 'allowed' : 'held out')).join(', '),
      ),
      expectation(
        'it says 0 to prove the way back, then 1, and 0 in the end',
        said[0] === 0 && said.includes(1) && said.at(-1) === 0 && said.lastIndexOf(1) < said.lastIndexOf(0),
        said.join(', '),
      ),
      expectation('no health check is changed', changes.length === 0, `${changes.length} changes`),
      expectation('the primary’s own check stays healthy, and pages nobody', own.length + of.length === 0, `${own.length} turns`),
      expectation(
        'the alarm is off again',
        lab.cloudWatch.stateOf(FAULT_ALARM) === 'OK',
        String(lab.cloudWatch.stateOf(FAULT_ALARM)),
      ),
      expectation(
        'the report judges the switch alone and says what it does not show',
        report?.results.map(({ name }) => name).join() === 'switch' && report.limits?.length === 1,
        `${report?.results.map(({ name }) => name).join()}; ${report?.limits?.join()}`,
      ),
      expectation(
        'the verdict is passed when every target is met, else failed',
        report?.verdict === (report?.results.every(({ met }) => met) ? 'passed' : 'failed'),
        [report?.verdict, ...(report?.because ?? [])].join('; '),
      ),
      ...asBefore(before, stateOf(lab)),
    ],
  };
}
