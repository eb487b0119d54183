import { SPANS } from '../timings/spans';
import { failoverPart, NEVER, setUp, undoPart } from './database-failover';
import { askLatch, sayEachMinute, writersOf } from './latch';
import { carrierOf } from './orders';
import { ask, askSite, aws, shell } from './shell';
import type { Bound, Runbook, RunbookStep } from './types';

const confirm = ({ pair }: Bound): RunbookStep => ({
  name: 'confirm_scope',
  title: 'See what is gone',
  before: 'Users are hurt, and more than one part of the primary Region is.',
  commands: [
    ask(pair, 'TXT', pair.beacons.primary),
    ...(pair.beacons.standby === undefined ? [] : [ask(pair, 'TXT', pair.beacons.standby)]),
    askSite(pair.primary.probe),
    askSite(pair.standby.probe),
  ],
  verify: 'You know Route 53’s verdict on both sides, and what you see yourself. Both sides ill is no reason to move.',
  mustNot: 'Do not move into a standby that does not answer 200 on its health path.',
  takes: SPANS['decide.assess'],
});

const capacity = ({ database }: Bound): RunbookStep => {
  const commands = database.refresh.flatMap((what) => {
    if (what.kind === 'ecsService')
      return [
        aws(
          'ecs',
          'update-service',
          database.standbyRegion,
          ['cluster', what.cluster],
          ['service', what.service],
          ['desired-count', shell('"$FULL"')],
        ),
      ];
    if (what.kind === 'autoScalingGroup')
      return [
        aws(
          'autoscaling',
          'set-desired-capacity',
          database.standbyRegion,
          ['auto-scaling-group-name', what.name],
          ['desired-capacity', shell('"$FULL"')],
        ),
      ];
    return [];
  });
  return {
    name: 'prepare_standby',
    waits: 'minutes; as long as the service takes to start',
    title: 'Give the standby the room of both',
    before: 'The standby answers.',
    commands:
      commands.length > 0 ? commands : ['# nothing is registered that scales; check quotas and capacity of what serves there'],
    verify: 'What serves there is at the size that the primary had. Set `FULL` to that number.',
    mustNot: 'Do not count on new capacity in a Region to which everybody moves: what runs already is what you have.',
  };
};

const backup = (bound: Bound): RunbookStep => ({
  name: 'backup_local_state',
  waits: 'nobody waits for it',
  title: 'Only when the primary Region still answers: save what lives there alone',
  before: 'The move is planned, or the Region is ill but not gone.',
  commands: {
    function: ['# your database, by its own means'],
    aurora: [
      aws(
        'rds',
        'create-db-cluster-snapshot',
        bound.database.primaryRegion,
        ['db-cluster-identifier', bound.database.source.id],
        ['db-cluster-snapshot-identifier', shell(`"${bound.database.source.id}-before-e$EPOCH"`)],
      ),
    ],
    rds: [
      aws(
        'rds',
        'create-db-snapshot',
        bound.database.primaryRegion,
        ['db-instance-identifier', bound.database.source.id],
        ['db-snapshot-identifier', shell(`"${bound.database.source.id}-before-e$EPOCH"`)],
      ),
    ],
  }[carrierOf(bound)],
  verify: 'The snapshot is `creating`. Queues, buckets and caches that are not replicated are on your own list.',
  mustNot: 'Do not wait for it while users are without service.',
});

const moveTraffic = (bound: Bound): RunbookStep => ({
  name: 'switch_dns_to_target',
  title: 'Move users, when Route 53 has not done so by itself',
  before: 'The standby can serve, and the database was **not** moved above: its latch moves users too.',
  commands: [
    '# not once the database was moved: this says that no replica writes',
    ...sayEachMinute(bound, { latch: true, writers: writersOf(bound) }),
    ...askLatch(bound),
    ask(bound.pair, 'A', bound.pair.recordName),
  ],
  verify: `Every server answers the standby. Clients follow within the TTL of ${bound.pair.ttlSec} s; open connections stay where they are.`,
  mustNot: 'Do not move users only, and leave writes in a Region that is going down: move the database first.',
  takes: SPANS['latch.alarm'],
});

const verify = ({ pair, database }: Bound): RunbookStep => ({
  name: 'verify_cross_region_connectivity',
  title: 'See that nothing leans on the lost Region',
  before: 'Users are at the standby.',
  commands: [
    askSite(pair.standby.probe),
    aws('cloudwatch', 'describe-alarms', database.standbyRegion, ['state-value', 'ALARM'], ['query', 'MetricAlarms[].AlarmName']),
  ],
  verify:
    'The site answers, no alarm of the standby Region is on but the expected ones, and errors in its logs name no endpoint of the lost Region.',
  mustNot: `Do not forget what is called by name: secrets, queues, buckets and keys of ${database.primaryRegion}.`,
  takes: SPANS['dns.effective'],
});

const cleanUp = (bound: Bound): RunbookStep => ({
  name: 'cleanup_old_region',
  waits: 'days later',
  title: 'When the Region is back: keep it quiet',
  before: 'The Region answers again.',
  commands: {
    function: ['# your database, by its own means'],
    aurora: [
      aws('rds', 'describe-db-clusters', bound.database.primaryRegion, ['query', 'DBClusters[].[DBClusterIdentifier,Status]']),
    ],
    rds: [
      aws('rds', 'describe-db-instances', bound.database.primaryRegion, [
        'query',
        'DBInstances[].[DBInstanceIdentifier,DBInstanceStatus]',
      ]),
    ],
  }[carrierOf(bound)],
  verify:
    'Jobs, schedules and consumers there are off; the old database is fenced or stopped. Then go on with "Afterwards" of the database runbook.',
  mustNot:
    'Do not delete data. Do not let jobs of the old Region run against the old database: they write, and nobody will see it.',
});

/** Everything that leaves a Region: the database in the middle, by the same plan. */
export const regionFailover = (bound: Bound): Runbook => ({
  name: 'region_failover',
  title: `Leaving ${bound.database.primaryRegion} with ${bound.pair.pair}`,
  intro: [
    `For the loss, or the planned evacuation, of ${bound.database.primaryRegion}. Traffic that only needs Route 53 has moved by itself when you read this; ` +
      'this page is for everything else. It needs none of our code, and nothing of us-east-1.',
  ],
  setUp: ['FULL=4                           # size that serves everybody', ...setUp(bound)],
  parts: [
    { title: 'Before', steps: [confirm(bound), capacity(bound), backup(bound)] },
    { ...failoverPart(bound), title: 'The database' },
    { title: 'The rest', steps: [moveTraffic(bound), verify(bound), cleanUp(bound)] },
    undoPart(bound),
  ],
  never: NEVER,
});
