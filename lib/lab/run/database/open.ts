/** Adds a real database to the lab: the pair, RDS in front of it, the latch, and the functions that watch and promote. */
import type { PairRegistration } from '../../../contracts/registration';
import { databaseMachine } from '../../../decide/database/machine';
import type { Machine } from '../../../decide/machine';
import { databaseParameter } from '../../../decide/names';
import type { Time } from '../../../runtime/ports';
import {
  ALARM_PERIOD_MS,
  type AwsService,
  arnOf,
  type CloudWatch,
  type Fault,
  faulty,
  type LabAlarm,
  type LabMachine,
  operationOf,
  Rds,
} from '../../aws';
import { Link, openPair, type PostgresPair } from '../../postgres';
import type { Assumption, PairInWorld, ScaledTime, World } from '../../world';
import { makeCertificates } from '../../world/certificates';
import type { LabFunction } from '../functions';
import { NAMES, NAMESPACE, PAIR, STANDBY_REGION } from '../setting';
import { PostgresInstances } from './instances';
import { latchPair } from './latch';
import {
  DATABASE_SECRET,
  databaseFunctions,
  databaseRegistrationOf,
  LATCH,
  latched,
  loginSecret,
  PROMOTION_MS,
  REPLICA,
} from './setting';

export interface DatabaseSettings {
  readonly world: World;
  /** Sleeps that end with the lab. */
  readonly time: Time;
  /** The clock that servers and clients live by. */
  readonly base: ScaledTime;
  readonly scale: number;
  readonly pair: PairInWorld;
  readonly tell: (text: string) => void;
}

/** What a lab with a database has besides. */
export interface LabDatabase {
  readonly pair: PostgresPair;
  readonly instances: PostgresInstances;
  /** The prober's way to the primary's site. */
  readonly toSite: Link;
  readonly assumptions: readonly Assumption[];
  readonly services: readonly AwsService[];
  readonly machines: readonly LabMachine[];
  readonly definition: Machine;
  readonly alarms: readonly LabAlarm[];
  readonly parameters: ReadonlyMap<string, string>;
  readonly secrets: ReadonlyMap<string, string>;
  readonly registered: (registration: PairRegistration) => PairRegistration;
  functions(common: (handler: string) => Readonly<Record<string, string>>): readonly LabFunction[];
  /** An alarm of the lab turned; checks that follow it turn too. */
  alarmTurned(name: string, on: boolean): void;
  /** Once CloudWatch stands: it is where lag and latch are published. */
  attach(cloudWatch: CloudWatch): void;
  /** Called when an order to promote has arrived and before it has any effect; what it answers happens to the order. */
  beforePromotion: () => Fault | undefined;
  close(): Promise<void>;
}

/** A lab cannot have a database here; the message says why and what to install. */
export class NoDatabaseError extends Error {}

export async function openDatabase(settings: DatabaseSettings): Promise<LabDatabase> {
  const { time, base, scale, world, pair: records, tell } = settings;
  const { primary, standby } = world.sites;
  const addresses = { primary: primary.address, standby: standby.address };
  const certificates = await makeCertificates(['lab'], Object.values(addresses), time.nowMs());
  const pair = await openPair({ time: base, addresses, tls: certificates.site, clock: base.clock });
  if (pair.kind === 'absent') throw new NoDatabaseError(`[NoPostgres] ${pair.because}`);
  try {
    const toSite = await Link.open({ host: standby.address, port: 0 }, { host: primary.address, port: primary.port });
    const latch = latchPair(world, records);
    const instances = new PostgresInstances(time, pair, PROMOTION_MS, tell);
    const definition = databaseMachine(arnOf('lambda', STANDBY_REGION, `function:${NAMES.databaseStepFunction}`));
    let cloudWatch: CloudWatch | undefined;
    let open = true;
    const ordered = (operation: string) => (operation === 'PromoteReadReplica' ? opened.beforePromotion() : undefined);
    const opened: LabDatabase = {
      pair,
      instances,
      beforePromotion: () => undefined,
      toSite,
      definition: definition as unknown as Machine,
      assumptions: assumptionsOf(pair),
      services: [faulty(new Rds(instances), (call) => ordered(operationOf(call)))],
      machines: [
        { region: STANDBY_REGION, name: NAMES.databaseMachine, definition: definition as unknown as LabMachine['definition'] },
      ],
      alarms: latchAlarms(() => cloudWatch),
      parameters: new Map([
        [`${STANDBY_REGION}:${databaseParameter(NAMESPACE, PAIR)}`, JSON.stringify(databaseRegistrationOf(pair))],
      ]),
      secrets: new Map([[`${STANDBY_REGION}:${DATABASE_SECRET}`, loginSecret()]]),
      registered: (registration) => latched(registration, toSite.place),
      functions: (common) => databaseFunctions(common, certificates.ca),
      alarmTurned: (name, on) => {
        if (name === LATCH.alarm) latch.turn('latch', on);
        if (name === LATCH.holdAlarm) latch.turn('hold', on);
      },
      attach: (found) => {
        cloudWatch = found;
        void publishLag(pair, found, time, scale, () => open);
      },
      close: async () => {
        open = false;
        await Promise.all([pair.close(), toSite.close()]);
      },
    };
    return opened;
  } catch (error) {
    await pair.close();
    throw error;
  }
}

const assumptionsOf = (pair: PostgresPair): readonly Assumption[] => [
  { what: 'promotion by RDS, from the order to PostgreSQL', value: `${PROMOTION_MS / 1_000} s`, provenance: 'assumed' },
  {
    what: 'time from a datapoint of the latch to its health check',
    value: `up to ${ALARM_PERIOD_MS / 1_000} s`,
    provenance: 'assumed',
  },
  { what: 'moment at which RDS looks at the lag', value: 'the beginning of each minute', provenance: 'assumed' },
  { what: 'database', value: `${pair.version}, replication asynchronous`, provenance: 'measured' },
];

/** The alarms of latch and hold: missing data is ignored, so that nobody is latched out by silence. */
function latchAlarms(cloudWatch: () => CloudWatch | undefined): readonly LabAlarm[] {
  const alarm = (name: string, metric: string, description: string): LabAlarm => ({
    name,
    region: STANDBY_REGION,
    description,
    namespace: 'CdkFailover',
    metric,
    periods: 1,
    sample: () =>
      cloudWatch()
        ?.published()
        .findLast((one) => one.region === STANDBY_REGION && one.name === metric)?.value ?? 0,
    breaches: (value) => value >= 1,
  });
  return [
    alarm(LATCH.alarm, LATCH.metric, 'The primary is latched out'),
    alarm(LATCH.holdAlarm, LATCH.holdMetric, 'The primary is held'),
  ];
}

/** A timer may wake a little early, and a look at the very end of a minute would be stamped with its beginning. */
const INTO_THE_MINUTE_MS = 250;

/**
 * One datapoint a minute, as RDS publishes it; a standby that does not answer publishes none. CloudWatch stamps it with the
 * beginning of its minute, so it is taken there: one from later in the minute of a failure would show lag from after it.
 */
async function publishLag(pair: PostgresPair, cloudWatch: CloudWatch, time: Time, scale: number, open: () => boolean) {
  while (open()) {
    const sec = await pair.replicaLagSec();
    if (sec !== undefined) {
      cloudWatch.record({
        region: STANDBY_REGION,
        namespace: 'AWS/RDS',
        name: 'ReplicaLag',
        dimensions: { DBInstanceIdentifier: REPLICA },
        atMs: time.nowMs(),
        // The servers live in real time; the lab's seconds are shorter.
        value: sec < 0 ? sec : sec * scale,
      });
    }
    await time.sleep(ALARM_PERIOD_MS - (time.nowMs() % ALARM_PERIOD_MS) + INTO_THE_MINUTE_MS);
  }
}
