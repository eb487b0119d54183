// The runbooks of docs/runbooks, for an example: a shop in two Regions, PostgreSQL with a replica in the other one.
import { DATABASE_REGISTRATION_SCHEMA, type DatabaseRegistration } from '../lib/contracts/database';
import { type PairRegistration, REGISTRATION_SCHEMA } from '../lib/contracts/registration';
import { latchBeacons, latchNames } from '../lib/decide/latch/names';
import { beaconName, checksParameter } from '../lib/decide/names';
import { databaseFailover, markdown, regionFailover } from '../lib/decide/runbook';

const namespace = 'shop';
const name = 'app';
const recordName = 'shop.example.com';
const { metric, holdMetric } = latchNames(namespace, name, 1);
const latch = { metric, holdMetric, generation: 1, beacons: latchBeacons(recordName) };
const site = (side: 'primary' | 'standby', connect: string) => ({
  site: side,
  answers: [{ type: 'CNAME' as const, values: [connect] }],
  probe: { protocol: 'https' as const, connect, port: 443, host: connect, path: '/health' },
});

export const EXAMPLE_PAIR: PairRegistration = {
  schema: REGISTRATION_SCHEMA,
  pair: name,
  namespace,
  recordName,
  zoneName: 'example.com',
  ttlSec: 30,
  primary: site('primary', 'shop-a.example.com'),
  standby: site('standby', 'shop-b.example.com'),
  beacons: { primary: beaconName('primary', recordName), standby: beaconName('standby', recordName) },
  checksParameter: checksParameter(namespace, name),
  alarms: [],
  latch: { ...latch, region: 'eu-central-1' },
};

const member = (id: string, region: string, priority: number) => ({
  id,
  region,
  priority,
  endpoint: `${id}.abcdefghijkl.${region}.rds.amazonaws.com`,
  port: 5432,
  engine: 'postgres',
});

export const EXAMPLE_DATABASE: DatabaseRegistration = {
  schema: DATABASE_REGISTRATION_SCHEMA,
  pair: name,
  namespace,
  latch,
  kind: 'readReplicas',
  primaryRegion: 'eu-west-1',
  standbyRegion: 'eu-central-1',
  source: member('shop-a', 'eu-west-1', 0),
  replicas: [member('shop-b1', 'eu-central-1', 1), member('shop-b2', 'eu-central-1', 2)],
  trigger: { kind: 'unanimous' },
  dataLoss: { kind: 'upTo', ms: 60_000 },
  fences: [
    {
      kind: 'networkAcl',
      region: 'eu-west-1',
      subnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
      denyAcl: 'acl-0123456789abcdef0',
      openAcl: 'acl-0123456789abcdef1',
    },
    { kind: 'stopInstance', region: 'eu-west-1', id: 'shop-a' },
  ],
  writerName: { name: 'db.shop.internal', zoneId: 'Z0123456789ABCDEFGHIK', ttlSec: 5 },
  writerParameter: '/shop/writer',
  refresh: [
    { kind: 'ecsService', cluster: 'shop', service: 'web' },
    { kind: 'lambdaAlias', name: 'shop-orders', alias: 'live' },
  ],
  limits: { lagMs: 60_000, sampleAgeMs: 300_000 },
};

const NOTE =
  'Printed by `npm run docs` from the plan that the controller carries out, for an example: pair `app` of control set `shop`, PostgreSQL\n' +
  'instance `shop-a` in eu-west-1 with two replicas in eu-central-1. Print it for your own pair with\n' +
  '`npx failover runbook <pair>`, with `region` after it for the other one. Read [database-failover.md](../database-failover.md) first, on a quiet day.';

const withNote = (page: string) => page.replace('\n', `\n\n${NOTE}\n`);

export const runbookPages = (): Readonly<Record<string, string>> => {
  const bound = { pair: EXAMPLE_PAIR, database: EXAMPLE_DATABASE };
  return {
    'docs/runbooks/database-failover.md': withNote(markdown(databaseFailover(bound))),
    'docs/runbooks/region-failover.md': withNote(markdown(regionFailover(bound))),
  };
};
