import type { FailureMode } from '../../decide/timings/detection';
import { idleScenario } from './database/idle';
import { LAG } from './database/lag';
import { HTTP_500, PARTITION, quietScenario, SLOW } from './database/quiet-scenario';
import { RETURNS } from './database/returns';
import { deathScenario } from './database/scenario';
import { standbyDiesScenario } from './database/standby-dies';
import { BLACK_HOLE, CONTROLLER_KILLED, PAGER_STORM, TWO_CONTROLLERS } from './database/twists';
import { drillScenario } from './drill-scenario';
import type { Lab } from './lab';
import { metricScenario } from './metric-scenario';
import { outageScenario } from './outage-scenario';
import type { Outcome } from './outcome';
import type { Story } from './story';

export type Group = 'Drills' | 'Outages of a site' | 'Outages with a database';

export interface Scenario {
  readonly name: string;
  readonly group: Group;
  readonly about: string;
  /** How the outage looks to a checker; a marker path answers 404 at once. */
  readonly mode: FailureMode;
  /** Left out: the usual one. A scenario that waits long runs faster. */
  readonly scale?: number;
  /** How its drill breaks the primary. @default 'healthCheckPath' */
  readonly fault?: 'metric';
  /** Needs server binaries of PostgreSQL. */
  readonly database?: true;
  run(lab: Lab, story: Story): Promise<Outcome>;
}

/** The first one is what `npm run lab` shows. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'drill',
    group: 'Drills',
    mode: 'http-500',
    about: 'the shipped drill from preflight to report: users move to the standby and back',
    run: drillScenario('undisturbed'),
  },
  {
    name: 'drill-killed',
    group: 'Drills',
    mode: 'http-500',
    about: 'the same drill, its measuring function killed in the middle: everything is put back',
    run: drillScenario('killed'),
  },
  {
    name: 'drill-outage',
    group: 'Drills',
    about: 'the primary really dies while it is drilled: the drill stops, and the outage pages for real',
    mode: 'refused',
    run: drillScenario('outage'),
  },
  {
    name: 'drill-abandoned',
    group: 'Drills',
    about: 'the same, and its machine is stopped by hand: the one-shot schedule or the keeper puts everything back',
    mode: 'http-500',
    scale: 20,
    run: drillScenario('abandoned'),
  },
  {
    name: 'drill-metric',
    group: 'Drills',
    about: 'a drill that publishes its fault: an alarm holds the primary out, no health check is changed',
    mode: 'http-500',
    fault: 'metric',
    scale: 8,
    run: metricScenario,
  },
  {
    name: 'refused',
    group: 'Outages of a site',
    mode: 'refused',
    about: 'a real outage: the primary refuses connections',
    run: outageScenario('refused'),
  },
  {
    name: 'http-500',
    group: 'Outages of a site',
    mode: 'http-500',
    about: 'a real outage: the primary answers 500',
    run: outageScenario('http500'),
  },
  {
    name: 'black-hole',
    group: 'Outages of a site',
    mode: 'black-hole',
    about: 'a real outage: the primary swallows every connection attempt',
    run: outageScenario('blackHole'),
  },
  database(
    'database',
    'refused',
    'the primary Region dies: latched, promoted, and every acknowledged row accounted for',
    deathScenario(),
  ),
  database('database-black-hole', 'black-hole', 'the same, and the Region swallows every packet', deathScenario(BLACK_HOLE)),
  database('database-lag', 'refused', 'the standby is 45 s behind: a person must consent to the loss first', deathScenario(LAG)),
  database('database-returns', 'refused', 'the old primary comes back after the promotion', deathScenario(RETURNS)),
  database(
    'database-controller-killed',
    'refused',
    'the controller is killed between writing the order down and giving it',
    deathScenario(CONTROLLER_KILLED),
  ),
  database('database-two-controllers', 'refused', 'two probers and two executions act at once', deathScenario(TWO_CONTROLLERS)),
  database('pagerduty-storm', 'refused', 'PagerDuty refuses everybody with 429 while a Region dies', deathScenario(PAGER_STORM)),
  database('database-500', 'http-500', 'the primary site answers 500 and its database lives', quietScenario(HTTP_500)),
  database('database-slow', 'slow', 'the primary site answers too late and its database lives', quietScenario(SLOW)),
  database('database-partition', 'black-hole', 'the Regions cannot reach each other', quietScenario(PARTITION)),
  database('database-idle', 'refused', 'nobody writes for minutes', idleScenario),
  database('standby-dies', 'refused', 'the standby Region dies with the control set', standbyDiesScenario),
];

function database(name: string, mode: FailureMode, about: string, run: Scenario['run']): Scenario {
  return { name, group: 'Outages with a database', mode, about, database: true, run };
}
