import type { SiteFault } from '../world';
import type { Lab } from './lab';
import { OBSERVER_PERIOD_MS, Observer } from './observer';
import { agreement, expectation, figure, type Outcome, SAMPLING_LIMIT_MS } from './outcome';
import { addObserver } from './report/columns';
import { faultMark, healedMark, observedMarks } from './report/marks';
import { truthOf } from './report/truth';
import { ALARMS, TARGETS } from './setting';
import { asBefore, stateOf } from './state';
import type { Story } from './story';
import { until, warm } from './wait';

/** Longest waits in lab seconds: a black hole is found after 42 s, an alarm a minute later. */
const SERVED_LIMIT_SEC = 180;
const PAGE_LIMIT_SEC = 180;
const RETURN_LIMIT_SEC = 120;

/** Breaks the primary for real: what users see is measured from outside, one page is opened, and closed after the healing. */
export const outageScenario =
  (fault: SiteFault) =>
  async (lab: Lab, story: Story): Promise<Outcome> => {
    await warm(lab, story);
    const before = stateOf(lab);
    const observer = new Observer(lab.time, lab.world, lab.scale, lab.pair.beacons.primary);
    addObserver(lab, observer);
    await lab.time.sleep(2_000);
    await lab.world.sites.primary.fail(fault);
    const t0 = lab.world.truth.first('fault-began')?.atMs ?? lab.time.nowMs();

    const served = await until(lab, SERVED_LIMIT_SEC, () => observer.observed.servedMs !== undefined);
    if (served) story.tell('users', 'all eight clients are served by the standby', 'good');
    await until(lab, PAGE_LIMIT_SEC, () => lab.pagerDuty.open().length > 0);
    await lab.world.sites.primary.heal();
    const returned = await until(lab, RETURN_LIMIT_SEC, () => observer.observed.returnedMs !== undefined);
    if (returned) story.tell('users', 'the name answers the primary again', 'good');
    await until(lab, PAGE_LIMIT_SEC, () => lab.cloudWatch.stateOf(ALARMS.primary) === 'OK' && lab.pagerDuty.open().length === 0);
    observer.stop();

    const seen = observer.observed;
    const truth = truthOf(lab, t0);
    const healed = lab.world.truth.all('fault-ended', () => true, t0).map(({ atMs }) => healedMark(atMs));
    const ofPrimary = lab.pagerDuty.incidents().filter(({ dedupKey }) => dedupKey.includes(ALARMS.primary));
    return {
      figures: [
        figure('detection', since(t0, seen.detectedMs), TARGETS.detectionSec),
        figure('switch', since(seen.detectedMs, seen.switchedMs), TARGETS.switchSec),
        figure('rto', since(t0, seen.servedMs), TARGETS.rtoSec),
      ],
      marks: [faultMark(t0), ...observedMarks(seen), ...healed],
      sampling: { periodMs: OBSERVER_PERIOD_MS, largestGapMs: seen.largestGapMs, limitMs: SAMPLING_LIMIT_MS },
      expectations: [
        expectation('all eight clients reach the standby', served, `${seen.clientsServed} of 8`),
        ...agreement(
          [
            { what: 'detection', measuredMs: seen.detectedMs, trueMs: truth.detectedMs, periodMs: OBSERVER_PERIOD_MS },
            { what: 'switch', measuredMs: seen.switchedMs, trueMs: truth.switchedMs, periodMs: OBSERVER_PERIOD_MS },
            { what: 'return', measuredMs: seen.returnedMs, trueMs: truth.returnedMs, periodMs: OBSERVER_PERIOD_MS },
          ],
          seen.largestGapMs,
        ),
        expectation(
          'no gap between samples is above 1 s',
          seen.largestGapMs <= SAMPLING_LIMIT_MS,
          `largest ${Math.round(seen.largestGapMs)} ms`,
        ),
        expectation(
          'exactly one incident was opened, and for real',
          ofPrimary.length === 1 && ofPrimary[0]?.severity === 'critical',
          describe(ofPrimary),
        ),
        expectation(
          'no incident is open after the healing',
          lab.pagerDuty.open().length === 0,
          `${lab.pagerDuty.open().length} open`,
        ),
        expectation('the name answers the primary again', returned, returned ? 'yes' : 'no'),
        ...asBefore(before, stateOf(lab)),
      ],
    };
  };

const since = (from: number | undefined, to: number | undefined) =>
  from === undefined || to === undefined ? undefined : to - from;

const describe = (incidents: readonly { severity: string }[]) =>
  `${incidents.length} incident(s)${incidents.map(({ severity }) => `, ${severity}`).join('')}`;
