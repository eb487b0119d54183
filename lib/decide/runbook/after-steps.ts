/** After a failover: the way back to two databases, and to the first Region. Begun by a person, hours or days later. */
import { SPANS } from '../timings/spans';
import { tellJournal } from './automation';
import { lowerFences, stopOldInstance } from './fences';
import { askLatch, sayEachMinute, writersOf } from './latch';
import { ask, askSite, aws, shell } from './shell';
import type { Bound, RunbookStep } from './types';

const REBUILT = shell('"$REBUILT"');

const isGlobal = ({ database }: Bound) => database.kind === 'auroraGlobal';

const protect = (bound: Bound): RunbookStep => ({
  name: 'protect_new_writer',
  waits: 'minutes to hours, in the background',
  title: 'Make the new writer safe in its own Region',
  before: 'Users are served by the standby, and load is as usual.',
  commands: isGlobal(bound)
    ? [
        aws(
          'rds',
          'describe-db-clusters',
          bound.database.standbyRegion,
          ['db-cluster-identifier', shell('"$CANDIDATE"')],
          ['query', 'DBClusters[].DBClusterMembers[].[DBInstanceIdentifier,IsClusterWriter]'],
        ),
      ]
    : [
        aws(
          'rds',
          'modify-db-instance',
          bound.database.standbyRegion,
          ['db-instance-identifier', shell('"$CANDIDATE"')],
          ['multi-az'],
          ['deletion-protection'],
          ['apply-immediately'],
        ),
      ],
  verify: isGlobal(bound)
    ? 'The cluster has a second instance to fail over to.'
    : 'The instance shows `MultiAZ` true. The change costs some speed while it runs.',
  mustNot: 'Do not wait for this with anything that users need: it takes from minutes to hours.',
});

const keepEvidence = (bound: Bound): RunbookStep => ({
  name: 'keep_old_writes',
  waits: 'minutes to hours, in the background',
  title: 'Keep what the old primary wrote last',
  before:
    'The primary Region answers. The controller raises the fences again within a minute of that (`old-writer-fenced`); without it, raise them by hand first.',
  commands: isGlobal(bound)
    ? [
        aws(
          'rds',
          'describe-db-cluster-snapshots',
          bound.database.primaryRegion,
          ['db-cluster-identifier', bound.database.source.id],
          [
            'query',
            "DBClusterSnapshots[?starts_with(DBClusterSnapshotIdentifier,'rds:unplanned-global-failover')].DBClusterSnapshotIdentifier",
          ],
        ),
        aws(
          'rds',
          'copy-db-cluster-snapshot',
          bound.database.primaryRegion,
          ['source-db-cluster-snapshot-identifier', shell('"$SNAPSHOT"')],
          ['target-db-cluster-snapshot-identifier', shell(`"${bound.database.source.id}-final-e$EPOCH"`)],
        ),
      ]
    : [
        aws(
          'rds',
          'create-db-snapshot',
          bound.database.primaryRegion,
          ['db-instance-identifier', bound.database.source.id],
          ['db-snapshot-identifier', shell(`"${bound.database.source.id}-final-e$EPOCH"`)],
        ),
        aws('rds', 'wait db-snapshot-available', bound.database.primaryRegion, [
          'db-snapshot-identifier',
          shell(`"${bound.database.source.id}-final-e$EPOCH"`),
        ]),
        stopOldInstance(bound),
      ],
  verify: isGlobal(bound)
    ? 'The copy is `available`. The original ages out with the old retention.'
    : 'The snapshot is `available`, then the instance is `stopped`. RDS starts a stopped instance again after 7 days.',
  mustNot: 'Do not merge the two by hand in a hurry: restore the snapshot beside, compare, and carry over what is missing.',
});

const rebuild = (bound: Bound): RunbookStep => {
  const { primaryRegion, standbyRegion } = bound.database;
  return {
    name: 'rebuild',
    waits: 'minutes to hours, in the background',
    title: 'Build a new replica where the old primary stood',
    before:
      'What the old primary wrote last is kept, and it is stopped: while rows of it are seen, the controller raises its fences again each minute. RDS cannot turn the old primary into a replica.',
    commands: isGlobal(bound)
      ? [
          aws(
            'rds',
            'describe-global-clusters',
            primaryRegion,
            ['global-cluster-identifier', bound.database.globalCluster ?? ''],
            ['query', 'GlobalClusters[].GlobalClusterMembers[].[DBClusterArn,IsWriter,SynchronizationStatus]'],
          ),
        ]
      : [
          ...lowerFences(bound),
          aws(
            'rds',
            'create-db-instance-read-replica',
            primaryRegion,
            ['db-instance-identifier', REBUILT],
            ['source-db-instance-identifier', shell(`"arn:aws:rds:${standbyRegion}:$ACCOUNT:db:$CANDIDATE"`)],
            ['source-region', standbyRegion],
            ['db-subnet-group-name', shell('"$SUBNET_GROUP"')],
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
        ],
    verify: isGlobal(bound)
      ? 'The old cluster is a member again, `connected`. Aurora adds it by itself once its Region is well.'
      : 'The new instance is `available` and shows the writer as its source; its lag falls below the limit. Backups are on, and one has been made: a replica that is `backing-up` cannot be promoted.',
    mustNot:
      'Do not reuse the id of the old instance while it exists. Do not open the fences before the old instance is stopped.',
  };
};

const failback = (bound: Bound): RunbookStep => {
  const { primaryRegion, standbyRegion, globalCluster } = bound.database;
  const order = isGlobal(bound)
    ? aws(
        'rds',
        'switchover-global-cluster',
        standbyRegion,
        ['global-cluster-identifier', globalCluster ?? ''],
        ['target-db-cluster-identifier', shell(`"arn:aws:rds:${primaryRegion}:$ACCOUNT:cluster:${bound.database.source.id}"`)],
      )
    : aws('rds', 'promote-read-replica', primaryRegion, ['db-instance-identifier', REBUILT], ['backup-retention-period', 7]);
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
      'EPOCH=$((EPOCH + 1))',
      ...tellJournal(bound, 'primary', isGlobal(bound) ? bound.database.source.id : '$REBUILT'),
      '# and for three minutes, in case the keeper does not run',
      ...sayEachMinute(bound, { latch: false, writers: writersOf(bound) }),
      ...askLatch(bound),
    ],
    verify:
      'The new primary takes a write, the latch beacon says `"healthy"`, the name answers the primary. Then deploy the new id and endpoint as `source`, and a replica of it in the standby Region.',
    mustNot:
      'Do not fail back because the old Region is "up again". Do not let writes on before one writer is left: what is written in between is lost.',
    takes: isGlobal(bound) ? SPANS['db.global-switchover'] : SPANS['db.replica-promotion'],
  };
};

export const afterSteps = (bound: Bound): readonly RunbookStep[] => [
  protect(bound),
  keepEvidence(bound),
  rebuild(bound),
  failback(bound),
];
