import type { DrillReport, DrillStepInput } from '../../lib/contracts/drill';
import { startDrill } from '../../lib/runtime/drive/drill/start';
import { walk } from '../fakes/machine';
import { Process } from '../fakes/process';
import { World } from '../fakes/world';

test('a drill moves the name to the standby and back, and measures both', async () => {
  const world = new World();
  const before = world.snapshot();
  const started = await world.time.run(
    new Process(world).run((ports) => startDrill({ pair: 'app', id: 'tue', requestedBy: 'me' }, 'req', ports)),
  );
  expect(started).toEqual({ kind: 'started', drillId: 'app-tue', execution: 'execution:app-tue' });
  const input = world.executions.get('app-tue') as DrillStepInput;
  const { path } = await world.time.run(walk(world, input));
  console.log(
    path,
    world.announced.map((e) => [e.topic, e.type, e.summary]),
    world.published,
  );
  console.log(world.reports.get('drills/app/app-tue.md'), world.reports.get('drills/app/app-tue.json'));
  const report = JSON.parse(world.reports.get('drills/app/app-tue.json') ?? '') as DrillReport;
  expect(report.verdict).toBe('passed');
  expect(world.snapshot()).toEqual(before);
});
