import { startDrill } from '../../lib/runtime/drive/drill/start';
import { afterAnHour, INPUT, pagesOf, started } from '../fakes/drill';
import { walk } from '../fakes/machine';
import { Process } from '../fakes/process';
import type { World } from '../fakes/world';

async function stop(world: World): Promise<void> {
  await startDrill({ pair: 'app', operation: 'stop' }, 'r', new Process(world).ports());
}

describe('a drill stops, restores and yields', () => {
  const during = async (change: (world: World) => void, wait = 5_000) => {
    const world = await started();
    world.detectMs = 20_000;
    const before = world.snapshot();
    const walking = walk(world, INPUT);
    await world.time.pass(wait);
    change(world);
    const { path } = await world.time.run(walking);
    return { world, before, path, report: JSON.parse(world.reports.get('drills/app/app-tue.json') ?? '{}') };
  };

  test('fails the primary for real: pages at once, and the journal says that the primary is bad', async () => {
    let noted: unknown;
    const { world, before, report } = await during((w) => {
      w.breakPrimary();
      const peek = w.journal.write.bind(w.journal);
      w.journal.write = async (item, seen) => {
        if (item.drill?.lastPrimaryProbe?.good === false) noted = item.drill.lastPrimaryProbe;
        return peek(item, seen);
      };
    });
    expect(noted).toMatchObject({ good: false });
    expect(pagesOf(world)).toContain('drill-real-outage');
    expect(report.verdict).toBe('aborted');
    expect(world.snapshot()).toEqual(before);
  });

  test.each([
    ['an operator stops it', stop, 'an operator stopped the drill'],
    [
      'the standby fails',
      (w: World) => {
        w.standby.up = false;
      },
      'Route 53 calls the standby unhealthy',
    ],
    ['an abort alarm fires', (w: World) => w.alarmStates.set('app-standby-errors', 'ALARM'), 'alarm app-standby-errors is on'],
    [
      'the abort alarms cannot be read',
      (w: World) => {
        w.alarmsDown = { kind: 'unknown', because: 'down' };
        w.detectMs = 90_000;
      },
      'the alarms that would stop the drill cannot be read',
    ],
  ] as const)('when %s', async (_name, change, because) => {
    const { world, before, report } = await during((w) => void change(w));
    expect(report).toMatchObject({ verdict: 'aborted', because: expect.arrayContaining([because]) });
    expect(world.snapshot()).toEqual(before);
    expect(world.journal.peek('app')?.drill).toBeUndefined();
  });

  test.each([
    ['forward by a day', 86_400_000],
    ['back by an hour', -3_600_000],
  ])('when the clock jumps %s', async (_name, ms) => {
    const { world, before, report } = await during((w) => w.time.jump(ms));
    await afterAnHour(world);
    await afterAnHour(world);
    expect(world.snapshot()).toEqual(before);
    expect(world.journal.peek('app')?.drill).toBeUndefined();
    expect(report.verdict).not.toBe('passed');
  });

  test('at the limit, when Route 53 never notices', async () => {
    const { world, before, report } = await during((w) => {
      w.detectMs = Number.POSITIVE_INFINITY;
    });
    expect(report).toMatchObject({
      verdict: 'aborted',
      because: expect.arrayContaining(['the time limit for measuring was reached']),
    });
    expect(world.snapshot()).toEqual(before);
  });
});
