import { join } from 'node:path';
import { uniformFrom } from '../../../lib/lab/run/command';
import { openLab } from '../../../lib/lab/run/lab';
import { SCENARIOS, type Scenario } from '../../../lib/lab/run/scenarios';
import { labFiles } from '../../../lib/lab/run/setting';
import { Story } from '../../../lib/lab/run/story';

/** Faster misses samples on a busy machine. */
const SCALE = Number(process.env.LAB_SCALE ?? 6);
const SEED = Number(process.env.SEED ?? 20261120);

/** What was promised and not kept, but for what a busy machine alone can break. */
async function broken(scale: number): Promise<readonly unknown[]> {
  const scenario = SCENARIOS.find(({ name }) => name === 'drill-metric') as Scenario;
  const files = labFiles(join(__dirname, '../../../dist-cli'));
  const lab = await openLab({ scale, files, uniform: uniformFrom(SEED), protocol: 'http', delayMs: 300, fault: 'metric' });
  try {
    const { expectations } = await scenario.run(lab, new Story(lab));
    return expectations.filter(({ met, what }) => !met && !/verdict is passed/.test(what));
  } finally {
    await lab.close();
  }
}

test('the shipped drill by metric moves the users and lets them go, by an alarm that CloudWatch evaluates', async () => {
  const first = await broken(SCALE);
  // A machine too busy to answer within two seconds of the lab looks like an outage to a drill: it gets more time, once.
  expect(first.length === 0 ? [] : await broken(SCALE / 3)).toEqual([]);
}, 300_000);
