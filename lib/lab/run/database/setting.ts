import { DATABASE_REGISTRATION_SCHEMA, type DatabaseMember, type DatabaseRegistration } from '../../../contracts/database';
import { ENV } from '../../../contracts/environment';
import type { PairRegistration } from '../../../contracts/registration';
import { longestDatabaseCallSec } from '../../../decide/database/machine';
import { latchBeacons, latchNames } from '../../../decide/latch';
import { arnOf } from '../../aws';
import type { PostgresPair } from '../../postgres';
import { READER_LOGIN } from '../../postgres/server';
import type { LabFunction } from '../functions';
import { NAMES, NAMESPACE, PAIR, RECORD, STANDBY_REGION } from '../setting';

/** Everything of a database in the lab that has a name: as the constructs would deploy it. */
export const PRIMARY_REGION = 'eu-west-1';
export const SOURCE = 'shop-a';
export const REPLICA = 'shop-b1';
export const READER = 'cdk-failover-lab-heartbeat';
export const DATABASE_SECRET = 'shop-heartbeat';
export const LATCH = latchNames(NAMESPACE, PAIR, 1);

/** Consented loss, in ms of writes. */
export const CONSENTED_MS = 30_000;
/** No new row for so long, and no answer: the writer is dead. */
const HEARTBEAT_LIMIT_MS = 15_000;
/** A run of the prober ends by itself after 130 s. */
const PROBER_LIMIT_SEC = 180;
const READER_LIMIT_SEC = 15;

/** How long RDS takes to promote a replica of another Region is nowhere promised. */
export const PROMOTION_MS = 60_000;
/** Target of the whole failover, as in the examples. */
export const DATABASE_RTO_SEC = 900;

const latchSettings = {
  metric: LATCH.metric,
  holdMetric: LATCH.holdMetric,
  generation: LATCH.generation,
  beacons: latchBeacons(RECORD),
};

/** The registration of a pair that can be latched. Its prober reaches the primary's site by the path between the Regions. */
export const latched = (
  registration: PairRegistration,
  site: { readonly host: string; readonly port: number },
): PairRegistration => ({
  ...registration,
  primary: { ...registration.primary, probe: { ...registration.primary.probe, connect: site.host, port: site.port } },
  latch: { ...latchSettings, region: STANDBY_REGION },
});

export function databaseRegistrationOf(pair: PostgresPair): DatabaseRegistration {
  const member = (id: string, region: string, place: { readonly host: string; readonly port: number }): DatabaseMember => ({
    id,
    endpoint: place.host,
    port: place.port,
    region,
    engine: 'postgres',
    priority: 0,
  });
  return {
    schema: DATABASE_REGISTRATION_SCHEMA,
    pair: PAIR,
    namespace: NAMESPACE,
    kind: 'readReplicas',
    primaryRegion: PRIMARY_REGION,
    standbyRegion: STANDBY_REGION,
    source: member(SOURCE, PRIMARY_REGION, pair.reader.place),
    replicas: [member(REPLICA, STANDBY_REGION, pair.servers.standby.place)],
    trigger: { kind: 'unanimous' },
    dataLoss: { kind: 'upTo', ms: CONSENTED_MS },
    heartbeat: { readerFunction: READER, limitMs: HEARTBEAT_LIMIT_MS },
    fences: [],
    latch: latchSettings,
    refresh: [],
    limits: { lagMs: 60_000, sampleAgeMs: 300_000 },
  };
}

export const loginSecret = () =>
  JSON.stringify({ username: READER_LOGIN.user, password: READER_LOGIN.password, dbname: READER_LOGIN.database });

/** Prober, steps and reader, with the environment that the constructs write. */
export function databaseFunctions(
  common: (handler: string) => Readonly<Record<string, string>>,
  authority: string,
): readonly LabFunction[] {
  const one = (bundle: string, name: string, timeoutSec: number, environment: Readonly<Record<string, string>>) => ({
    name,
    region: STANDBY_REGION,
    bundle,
    timeoutSec,
    environment: { ...common(bundle), ...environment },
  });
  const control = { [ENV.journalTable]: NAMES.journalTable, [ENV.registryPath]: NAMES.registryPath };
  const machine = arnOf('states', STANDBY_REGION, `stateMachine:${NAMES.databaseMachine}`);
  return [
    // Two runs of the prober overlap each minute, so one stands by.
    { ...one('prober', NAMES.proberFunction, PROBER_LIMIT_SEC, { ...control, [ENV.machineArn]: machine }), warm: 3 },
    one('database-step', NAMES.databaseStepFunction, longestDatabaseCallSec(), control),
    // One alone: a second reader that is rarely asked has seen its last row long ago, and would overstate a loss.
    one('heartbeat', READER, READER_LIMIT_SEC, { [ENV.databaseSecret]: DATABASE_SECRET, [ENV.databaseAuthority]: authority }),
  ];
}
