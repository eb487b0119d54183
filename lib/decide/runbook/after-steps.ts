/** After a failover: the way back to two databases, and to the first Region. Begun by a person, hours or days later. */
import { SPANS } from '../timings/spans';
import { tellJournal } from './automation';
import { lowerFences } from './fences';
import { askLatch, sayForMinutes, writersOf } from './latch';
import { CANDIDATE, carrierOf } from './orders';
import { ask, askSite, aws, kept, setBefore, shell } from './shell';
import type { Bound, RunbookStep } from './types';

const REBUILT = shell('"$REBUILT"');
/** Days later, perhaps in another terminal. */
const BUILT = setBefore('REBUILT', 'the replica that you built');
const BY_YOURSELF = '# your database, by its own means';

const protect = (bound: Bound): RunbookStep => ({
  name: 'protect_new_writer',
  waits: 'minutes to hours, in the background',
  title: 'Make the new writer safe in its own Region',
  before: 'Users are served by the standby, and load is as usual.',
  commands: {
    function: [BY_YOURSELF],
    aurora: [
      aws(
        'rds',
        'describe-db-clusters',
        bound.database.standbyRegion,
        ['db-cluster-identifier', CANDIDATE],
        ['query', 'DBClusters[].DBClusterMembers[].[DBInstanceIdentifier,IsClusterWriter]'],
      ),
    ],
    rds: [
      aws(
        'rds',
        'modify-db-instance',
        bound.database.standbyRegion,
        ['db-instance-identifier', CANDIDATE],
        ['multi-az'],
        ['deletion-protection'],
        ['apply-immediately'],
      ),
    ],
  }[carrierOf(bound)],
  verify: {
    function: 'It survives the loss of one machine.',
    aurora: 'The cluster has a second instance to fail over to.',
    rds: 'The instance shows `MultiAZ` true. The change costs some speed while it runs.',
  }[carrierOf(bound)],
  mustNot: 'Do not wait for this with anything that users need: it takes from minutes to hours.',
});

function snapshotInstance({ database: { primaryRegion, standbyRegion, source } }: Bound): readonly string[] {
  const snapshot = ['db-snapshot-identifier', shell(`"${source.id}-final-e$EPOCH"`)] as const;
  return [
    aws('rds', 'create-db-snapshot', primaryRegion, ['db-instance-identifier', source.id], snapshot),
    aws('rds', 'wait db-snapshot-available', primaryRegion, snapshot),
    '# what still hangs on it: RDS stops nothing that has a replica',
    aws(
      'rds',
      'describe-db-instances',
      primaryRegion,
      ['db-instance-identifier', source.id],
      ['query', 'DBInstances[].ReadReplicaDBInstanceIdentifiers[]'],
    ),
    '# once for each of these, never for the new writer:',
    aws(
      'rds',
      'delete-db-instance',
      standbyRegion,
      ['db-instance-identifier', setBefore('HANGING', 'one of these')],
      ['skip-final-snapshot'],
    ),
    aws('rds', 'stop-db-instance', primaryRegion, ['db-instance-identifier', source.id]),
  ];
}

function copySnapshot({ database: { primaryRegion, source } }: Bound): readonly string[] {
  return [
    aws(
      'rds',
      'describe-db-cluster-snapshots',
      primaryRegion,
      ['db-cluster-identifier', source.id],
      [
        'query',
        "DBClusterSnapshots[?starts_with(DBClusterSnapshotIdentifier,'rds:unplanned-global-failover')].DBClusterSnapshotIdentifier",
      ],
    ),
    aws(
      'rds',
      'copy-db-cluster-snapshot',
      primaryRegion,
      ['source-db-cluster-snapshot-identifier', setBefore('SNAPSHOT', 'the newest of these')],
      ['target-db-cluster-snapshot-identifier', shell(`"${source.id}-final-e$EPOCH"`)],
    ),
  ];
}

const keepEvidence = (bound: Bound): RunbookStep => ({
  name: 'keep_old_writes',
  waits: 'minutes to hours, in the background',
  title: 'Keep what the old primary wrote last',
  before:
    'The primary Region answers. The controller raises the fences again within a minute of that (`old-writer-fenced`); without it, raise them by hand first.',
  commands: { function: [BY_YOURSELF], aurora: copySnapshot(bound), rds: snapshotInstance(bound) }[carrierOf(bound)],
  verify: {
    function: 'The old primary is stopped, and a copy of it is kept.',
    aurora: 'The copy is `available`. The original ages out with the old retention.',
    rds: 'The snapshot is `available`, then the instance is `stopped`. RDS starts a stopped instance again after 7 days.',
  }[carrierOf(bound)],
  mustNot: 'Do not merge the two by hand in a hurry: restore the snapshot beside, compare, and carry over what is missing.',
});

/** What the new replica must have as the old instance had it: the call to make one would take the defaults of the VPC. */
const AS_BEFORE = [
  ['SUBNET_GROUP', 'DBInstances[0].DBSubnetGroup.DBSubnetGroupName'],
  ['SECURITY_GROUPS', 'DBInstances[0].VpcSecurityGroups[].VpcSecurityGroupId'],
  ['KEY', 'DBInstances[0].KmsKeyId'],
] as const;

function makeReplica({ database: { primaryRegion, standbyRegion, source } }: Bound): readonly string[] {
  return [
    `REBUILT=${source.id}-e$EPOCH   # a new id`,
    ...AS_BEFORE.map(([name, query]) =>
      kept(
        name,
        aws(
          'rds',
          'describe-db-instances',
          primaryRegion,
          ['db-instance-identifier', source.id],
          ['query', query],
          ['output', 'text'],
        ),
      ),
    ),
    '# without encryption KEY says None: leave its line out',
    aws(
      'rds',
      'create-db-instance-read-replica',
      primaryRegion,
      ['db-instance-identifier', REBUILT],
      ['source-db-instance-identifier', shell(`"arn:aws:rds:${standbyRegion}:$ACCOUNT:db:$CANDIDATE"`)],
      ['source-region', standbyRegion],
      ['db-subnet-group-name', shell('"$SUBNET_GROUP"')],
      ['vpc-security-group-ids', shell('$SECURITY_GROUPS')],
      ['kms-key-id', shell('"$KEY"')],
    ),
    aws('rds', 'wait db-instance-available', primaryRegion, ['db-instance-identifier', REBUILT]),
    aws(
      'rds',
      'modify-db-instance',
      primaryRegion,
      ['db-instance-identifier', REBUILT],
      ['backup-retention-period', 7],
      ['apply-immediately'],
    ),
  ];
}

const rebuild = (bound: Bound): RunbookStep => {
  const { primaryRegion, globalCluster = '' } = bound.database;
  const members = aws(
    'rds',
    'describe-global-clusters',
    primaryRegion,
    ['global-cluster-identifier', globalCluster],
    ['query', 'GlobalClusters[].GlobalClusterMembers[].[DBClusterArn,IsWriter,SynchronizationStatus]'],
  );
  const aurora = carrierOf(bound) === 'aurora';
  return {
    name: 'rebuild',
    waits: 'minutes to hours, in the background',
    title: aurora ? 'See that Aurora takes the old cluster back' : 'Build a new replica where the old primary stood',
    before: {
      function: 'What the old primary wrote last is kept, and it is stopped.',
      aurora: 'What the old primary wrote last is kept.',
      rds: 'What the old primary wrote last is kept, and it is stopped: while rows of it are seen, the controller raises its fences again each minute. RDS cannot turn the old primary into a replica.',
    }[carrierOf(bound)],
    commands: {
      function: [...lowerFences(bound), BY_YOURSELF],
      aurora: [members, '# once it is a member again:', ...lowerFences(bound)],
      rds: [...lowerFences(bound), ...makeReplica(bound)],
    }[carrierOf(bound)],
    verify: {
      function: 'A new database in the primary Region replicates from the writer.',
      aurora: 'The old cluster is a member again, `connected`. Aurora adds it by itself once its Region is well.',
      rds:
        'The new instance is `available` and shows the writer as its source; its lag falls below the limit. It has the parameter group of the old one. ' +
        'Backups are on, and one has been made: a replica that is `backing-up` cannot be promoted.',
    }[carrierOf(bound)],
    mustNot: aurora
      ? 'Do not remove the old cluster from the global cluster while Aurora works on it.'
      : 'Do not reuse the id of the old instance while it exists. Do not open the fences before the old instance is stopped.',
  };
};

const failback = (bound: Bound): RunbookStep => {
  const { primaryRegion, standbyRegion, globalCluster = '', source } = bound.database;
  const aurora = carrierOf(bound) === 'aurora';
  const order = {
    function: BY_YOURSELF,
    aurora: aws(
      'rds',
      'switchover-global-cluster',
      standbyRegion,
      ['global-cluster-identifier', globalCluster],
      ['target-db-cluster-identifier', shell(`"arn:aws:rds:${primaryRegion}:$ACCOUNT:cluster:${source.id}"`)],
    ),
    rds: aws('rds', 'promote-read-replica', primaryRegion, ['db-instance-identifier', BUILT], ['backup-retention-period', 7]),
  }[carrierOf(bound)];
  return {
    name: 'failback',
    title: 'Go back, on a quiet day',
    before:
      'The replica in the primary Region replicates, the primary site answers its health path, and **writes are stopped** by you until the end of this step.',
    commands: [
      askSite(bound.pair.primary.probe),
      ask(bound.pair, 'TXT', bound.pair.beacons.primary),
      '# once lag is 0 with writes stopped:',
      order,
      '# once it stands alone: the journal, because the keeper says each minute what it wants',
      ...tellJournal(bound, 'primary', aurora ? shell(`"${source.id}"`) : BUILT),
      ...sayForMinutes(bound, { latch: false, writers: writersOf(bound) }),
      ...askLatch(bound),
    ],
    verify:
      'The new primary takes a write, the latch beacon says `"healthy"`, the name answers the primary. Then deploy the new id and endpoint as `source`, and a replica of it in the standby Region.',
    mustNot:
      'Do not fail back because the old Region is "up again". Do not let writes on before one writer is left: what is written in between is lost.',
    takes: aurora ? SPANS['db.global-switchover'] : SPANS['db.replica-promotion'],
  };
};

export const afterSteps = (bound: Bound): readonly RunbookStep[] => [
  protect(bound),
  keepEvidence(bound),
  rebuild(bound),
  failback(bound),
];
