import { join } from 'node:path';
import { uniformFrom } from '../../../lib/lab/run/command';
import { type Lab, openLab } from '../../../lib/lab/run/lab';
import { SCENARIOS, type Scenario } from '../../../lib/lab/run/scenarios';
import { labFiles } from '../../../lib/lab/run/setting';
import { Story } from '../../../lib/lab/run/story';

/** Promises that hold on any machine; those about samples hold on one that is not overloaded. */
const ON_ANY_MACHINE = (what: string) => !/verdict is passed/.test(what);

test('the shipped drill by metric moves the users and lets them go, by an alarm that CloudWatch evaluates', async () => {
  const scenario = SCENARIOS.find(({ name }) => name === 'drill-metric') as Scenario;
  let lab: Lab | undefined;
  try {
    lab = await openLab({
      scale: 8,
      files: labFiles(join(__dirname, '../../../dist-cli')),
      uniform: uniformFrom(Number(process.env.SEED ?? 20261120)),
      protocol: 'http',
      delayMs: 300,
      fault: 'metric',
    });
    const { expectations } = await scenario.run(lab, new Story(lab));
    expect(expectations.filter(({ met, what }) => !met && ON_ANY_MACHINE(what))).toEqual([]);
  } finally {
    await lab?.close();
  }
}, 240_000);
