import {
  DATABASE_REGISTRATION_SCHEMA,
  type DatabaseMember,
  type DatabaseRegistration,
  type FenceSettings,
} from '../../../contracts/database';
import { type PairRegistration, REGISTRATION_SCHEMA } from '../../../contracts/registration';
import type { Setting } from './setting';
import type { Subject } from './traffic';

export const PAIR = 'app';
export const SOURCE = 'a';
export const SERVERS = ['192.0.2.51', '192.0.2.52', '192.0.2.53', '192.0.2.54'] as const;
export const ADDRESS = { primary: '192.0.2.1', standby: '192.0.2.2' } as const;

const BEACON = {
  primary: '_primary._failover.app.example.com',
  standby: '_standby._failover.app.example.com',
  latch: '_latch._failover.app.example.com',
  primaryAllowed: '_allowed-primary._failover.app.example.com',
  standbyAllowed: '_allowed-standby._failover.app.example.com',
} as const satisfies Record<Subject, string>;

/** Which verdict a TXT name shows. */
export const SUBJECT_OF: ReadonlyMap<string, Subject> = new Map(
  (Object.entries(BEACON) as [Subject, string][]).map(([subject, name]) => [name, subject]),
);

const latch = {
  region: 'eu-central-1',
  metric: 'latch-app-1',
  holdMetric: 'hold-app-1',
  generation: 1,
  beacons: { latch: BEACON.latch, primaryAllowed: BEACON.primaryAllowed, standbyAllowed: BEACON.standbyAllowed },
};

const siteOf = (site: 'primary' | 'standby', address: string): PairRegistration['primary'] => ({
  site,
  answers: [{ type: 'A', values: [address] }],
  probe: { protocol: 'https', connect: address, port: 443, host: 'app.example.com', path: '/health' },
});

export const PAIR_REGISTRATION: PairRegistration = {
  schema: REGISTRATION_SCHEMA,
  pair: PAIR,
  namespace: 'sim',
  recordName: 'app.example.com',
  zoneName: 'example.com',
  ttlSec: 30,
  primary: siteOf('primary', ADDRESS.primary),
  standby: siteOf('standby', ADDRESS.standby),
  beacons: { primary: BEACON.primary, standby: BEACON.standby },
  checksParameter: '/cdk-failover/sim/app/checks',
  alarms: [],
  topics: {
    critical: 'arn:aws:sns:eu-central-1:111111111111:critical',
    warning: 'arn:aws:sns:eu-central-1:111111111111:warning',
  },
  latch: { ...latch, region: 'eu-central-1' },
};

/** The same, as the keeper takes it. */
export const LATCHED_PAIR = { ...PAIR_REGISTRATION, latch };

const member = (id: string, region: string, priority: number): DatabaseMember => ({
  id,
  endpoint: `${id}.example.com`,
  port: 5432,
  region,
  engine: 'postgres',
  priority,
});

/** What a person builds where the old primary stood, once the standby writes. */
export const REBUILT = member('a2', 'eu-west-1', 0);

const FENCES: Readonly<Record<FenceSettings['kind'], FenceSettings>> = {
  networkAcl: {
    kind: 'networkAcl',
    region: 'eu-west-1',
    subnets: ['subnet-1'],
    denyAcl: 'acl-deny',
    openAcl: 'acl-open',
  },
  function: { kind: 'function', name: 'stop-writes' },
  stopInstance: { kind: 'stopInstance', region: 'eu-west-1', id: SOURCE },
};

/** How long the writer's heartbeat may stay away before it speaks against the writer, in ms. */
export const HEARTBEAT_LIMIT_MS = 30_000;

export const databaseRegistrationOf = (setting: Setting): DatabaseRegistration => ({
  schema: DATABASE_REGISTRATION_SCHEMA,
  pair: PAIR,
  namespace: 'sim',
  kind: 'readReplicas',
  primaryRegion: 'eu-west-1',
  standbyRegion: 'eu-central-1',
  source: member(SOURCE, 'eu-west-1', 0),
  replicas: setting.replicas.map((r) => member(r.id, 'eu-central-1', r.priority)),
  trigger: setting.trigger === 'quorum' ? { kind: 'quorum', of: 3 } : { kind: setting.trigger },
  dataLoss: setting.dataLoss,
  ...(setting.heartbeat ? { heartbeat: { readerFunction: 'reader', limitMs: HEARTBEAT_LIMIT_MS } } : {}),
  ...(setting.lease ? { lease: { table: 'lease', region: 'eu-central-1' } } : {}),
  fences: setting.fences.map((kind) => FENCES[kind]),
  latch,
  writerParameter: '/app/writer',
  refresh: [{ kind: 'ecsService', cluster: 'c', service: 's' }],
  limits: { lagMs: 60_000, sampleAgeMs: 300_000 },
});
