import type { FailureMode } from '../../decide/timings/detection';
import { HTTP_500, PARTITION, quietScenario } from './database/quiet-scenario';
import { databaseScenario } from './database/scenario';
import { drillScenario } from './drill-scenario';
import type { Lab } from './lab';
import { outageScenario } from './outage-scenario';
import type { Outcome } from './outcome';
import type { Story } from './story';

export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** How the outage looks to a checker; a marker path answers 404 at once. */
  readonly mode: FailureMode;
  /** Left out: the usual one. A scenario that waits long runs faster. */
  readonly scale?: number;
  /** Needs server binaries of PostgreSQL. */
  readonly database?: true;
  run(lab: Lab, story: Story): Promise<Outcome>;
}

/** The first one is what `npm run lab` shows. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'drill',
    mode: 'http-500',
    about: 'the shipped drill from preflight to report: users move to the standby and back',
    run: drillScenario('undisturbed'),
  },
  {
    name: 'drill-killed',
    mode: 'http-500',
    about: 'the same drill, its measuring function killed in the middle: everything is put back',
    run: drillScenario('killed'),
  },
  {
    name: 'drill-outage',
    about: 'the primary really dies while it is drilled: the drill stops, and the outage pages for real',
    mode: 'refused',
    run: drillScenario('outage'),
  },
  {
    name: 'drill-abandoned',
    about: 'the same, and its machine is stopped by hand: the one-shot schedule or the keeper puts everything back',
    mode: 'http-500',
    scale: 20,
    run: drillScenario('abandoned'),
  },
  { name: 'refused', mode: 'refused', about: 'a real outage: the primary refuses connections', run: outageScenario('refused') },
  { name: 'http-500', mode: 'http-500', about: 'a real outage: the primary answers 500', run: outageScenario('http500') },
  {
    name: 'black-hole',
    mode: 'black-hole',
    about: 'a real outage: the primary swallows every connection attempt',
    run: outageScenario('blackHole'),
  },
  {
    name: 'database',
    mode: 'refused',
    about: 'the primary Region dies with its PostgreSQL: latched, promoted, and every acknowledged row accounted for',
    database: true,
    run: databaseScenario,
  },
  {
    name: 'database-500',
    mode: 'http-500',
    about: 'the primary site answers 500 and its database lives: users move, nothing is promoted',
    database: true,
    run: quietScenario(HTTP_500),
  },
  {
    name: 'database-partition',
    mode: 'black-hole',
    about: 'the Regions cannot reach each other: nothing is promoted, somebody is paged',
    database: true,
    run: quietScenario(PARTITION),
  },
];
