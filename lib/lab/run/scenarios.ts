import { drillScenario } from './drill-scenario';
import type { Lab } from './lab';
import { outageScenario } from './outage-scenario';
import type { Outcome } from './outcome';
import type { Story } from './story';

export interface Scenario {
  readonly name: string;
  readonly about: string;
  run(lab: Lab, story: Story): Promise<Outcome>;
}

/** The first one is what `npm run lab` shows. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'drill',
    about: 'the shipped drill from preflight to report: users move to the standby and back',
    run: drillScenario(),
  },
  {
    name: 'drill-killed',
    about: 'the same drill, its measuring function killed in the middle: everything is put back',
    run: drillScenario({ kill: true }),
  },
  { name: 'refused', about: 'a real outage: the primary refuses connections', run: outageScenario('refused') },
  { name: 'http-500', about: 'a real outage: the primary answers 500', run: outageScenario('http500') },
  { name: 'black-hole', about: 'a real outage: the primary swallows every connection attempt', run: outageScenario('blackHole') },
];
