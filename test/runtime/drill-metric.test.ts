import { markdownOf } from '../../lib/decide/drill/markdown';
import { METRIC_LIMIT } from '../../lib/decide/drill/report';
import { restore } from '../../lib/runtime/drive/restore';
import { afterAnHour, drilled, INPUT, metric, pagesOf, said, started, walked } from '../fakes/drill';
import { type Hook, Process } from '../fakes/process';
import { registrationOf } from '../fakes/registration';
import { METRIC_FAULT, World } from '../fakes/world';

const TARGETS = { detectionSec: 30, switchSec: 60, rtoSec: 120 };
const byMetric = (world: World): World => {
  world.registration = registrationOf({ drill: { fault: METRIC_FAULT, targets: TARGETS } });
  return world;
};
const values = (world: World) => metric(world, 'DrillFault');

describe('a drill by metric', () => {
  test('moves users to the standby and back, and touches no health check', async () => {
    const world = byMetric(new World());
    const { report, path } = await drilled(world);
    expect(path).toEqual([
      'preflight: ready',
      'arm: armed',
      'measure: measured',
      'restore: restored',
      'await_return: returned',
      'report: passed',
    ]);
    expect([values(world)[0], values(world)[1], values(world).at(-1)]).toEqual([0, 1, 0]);
    expect(world.checks.writes).toEqual([]);
    expect(report.marks.t0Source).toBe('return of PutMetricData');
    expect([...world.schedules.keys()]).toEqual([]);
  });

  test('says that the time of its alarm is no detection of the primary, and judges the switch alone', async () => {
    const world = byMetric(new World());
    const { report } = await drilled(world);
    expect(report.results.map(({ name, met }) => [name, met])).toEqual([['switch', true]]);
    expect(report.limits).toEqual([METRIC_LIMIT]);
    expect(markdownOf(report)).toContain(
      'Not shown: the fault was a metric: how long Route 53 took to notice it is the time of the drill’s alarm, not of the primary’s own health check, so detection and RTO are not judged.',
    );
    expect(report.expectations[0]).toMatchObject({ name: 'held out', expected: 'Route 53 does not allow the primary any more' });
    expect(report.expectations.at(-1)).toMatchObject({ name: 'primary kept serving', met: true });
    expect([metric(world, 'DrillDetectionSeconds'), metric(world, 'DrillRtoSeconds')]).toEqual([[], []]);
    expect(metric(world, 'DrillSwitchSeconds')).toHaveLength(1);
  });

  test('has its undo and its schedule before it says anything but 0', async () => {
    const world = byMetric(new World());
    const order: string[] = [];
    const push = world.published.push.bind(world.published);
    world.published.push = (...metrics) => {
      const drill = world.journal.peek('app')?.drill;
      for (const one of metrics) {
        if (one.name === 'DrillFault') order.push(`${one.value} undo ${drill?.undo?.kind} schedules ${world.schedules.size}`);
      }
      return push(...metrics);
    };
    await drilled(world);
    expect([...new Set(order)]).toEqual([
      '0 undo undefined schedules 0',
      '1 undo metric schedules 1',
      '0 undo metric schedules 1',
    ]);
  });

  test('expects no alarm of the primary: those mean what they say', async () => {
    const world = byMetric(new World());
    await drilled(world);
    expect(world.journal.peek('app')?.lastDrills[0]?.expectedAlarms).toEqual([]);
  });

  test.each<[string, (world: World) => void, readonly string[]]>([
    [
      'the alarm is still on',
      (world) => world.alarmStates.set(METRIC_FAULT.alarm, 'ALARM'),
      [`alarm app-drill-fault of the drill's metric is ALARM`],
    ],
    [
      'nobody can read the alarm, or say 0',
      (world) => {
        world.alarmStates.set(METRIC_FAULT.alarm, 'INSUFFICIENT_DATA');
        world.metricsDown = 'AccessDenied';
      },
      [
        `alarm app-drill-fault of the drill's metric is INSUFFICIENT_DATA`,
        'the way back is not proved: the metric was not published: AccessDenied',
      ],
    ],
    [
      'the beacon of what it holds out is not seen',
      (world) => {
        const registration = world.registration;
        world.registration = { ...registration, drill: { fault: { ...METRIC_FAULT, beacon: 'gone' }, targets: TARGETS } };
      },
      [
        'the beacon of what the drill holds out is unknown at 192.0.2.53:53',
        'the beacon of what the drill holds out is unknown at 192.0.2.54:53',
      ],
    ],
  ])('is refused when %s', async (_name, change, because) => {
    const world = byMetric(new World());
    change(world);
    const { report } = await drilled(world).catch(async () => ({ report: await refusedReport(world) }));
    expect(report.because).toEqual(because);
    expect(values(world).filter((value) => value === 1)).toEqual([]);
  });

  test('stops at once, and pages, when Route 53 calls the primary itself unhealthy', async () => {
    const world = byMetric(new World());
    world.detectMs = 1_000;
    const push = world.published.push.bind(world.published);
    world.published.push = (...metrics) => {
      // Checkers lose the primary, the drill's own probe does not.
      if (metrics.some((one) => one.name === 'DrillFault' && one.value === 1)) world.loseCheckers();
      return push(...metrics);
    };
    const { report } = await drilled(world);
    expect([report.verdict, report.because[0]]).toEqual([
      'aborted',
      'Route 53 calls the primary itself unhealthy; this may be a real outage',
    ]);
    expect(pagesOf(world)).toEqual(['drill-real-outage']);
    expect(values(world).at(-1)).toBe(0);
  });

  test('is over in the end, wherever its machine dies for good', async () => {
    let died = true;
    for (let crash = 0; died; crash += 23) {
      const world = byMetric(await started());
      let calls = 0;
      died = false;
      const hook: Hook = () => {
        calls += 1;
        if (calls <= crash || died) return 'live';
        died = true;
        return 'die';
      };
      await walked(world, { hook, fragile: true });
      await afterAnHour(world);
      const broken = values(world).lastIndexOf(1);
      expect([crash, world.metricAllows(), world.journal.peek('app')?.drill]).toEqual([crash, true, undefined]);
      expect(broken < 0 || values(world).slice(broken).includes(0)).toBe(true);
    }
  });

  test('that cannot say 0 is not restored, and says why', async () => {
    const world = byMetric(await started());
    const stopped = walked(world, {
      before: (step) => {
        if (step !== 'restore') return;
        throw new Error('stopped');
      },
    });
    await expect(stopped).rejects.toThrow('stopped');
    world.metricsDown = 'Throttling';
    const put = () => world.time.run(new Process(world).run((ports) => restore(INPUT, ports)));
    await expect(put()).rejects.toThrow('drill app-tue of app is not restored yet: the metric was not published: Throttling');
    world.metricsDown = undefined;
    expect(await put()).toEqual({ outcome: 'restored' });
    expect(values(world).at(-1)).toBe(0);
  });
});

/** The report of a drill that could not even publish its metrics. */
async function refusedReport(world: World) {
  world.metricsDown = undefined;
  await afterAnHour(world);
  return JSON.parse(world.reports.get('drills/app/app-tue.json') ?? '{}') as { because: readonly string[] };
}

test('what was said is told like any other drill', async () => {
  const world = byMetric(new World());
  await drilled(world);
  expect(said(world)).toEqual(['info drill-started', 'info drill-finished', 'info drill-met-targets']);
});
