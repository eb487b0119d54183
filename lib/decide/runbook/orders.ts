/** How a database is looked at, judged and ordered by hand, by who carries it out: RDS, Aurora, or a function of the user's. */
import { aws, indented, type ShellWord, shell } from './shell';
import type { Bound, RunbookMember } from './types';

export const CANDIDATE = shell('"$CANDIDATE"');

export type Carrier = 'rds' | 'aurora' | 'function';

export const carrierOf = ({ database: { kind } }: Bound): Carrier =>
  kind === 'auroraGlobal' ? 'aurora' : kind === 'custom' ? 'function' : 'rds';

/** Says something else for each candidate: the one that was chosen is carried out. */
export const forCandidate = ({ database }: Bound, say: (member: RunbookMember) => string): string =>
  [
    'case "$CANDIDATE" in',
    ...database.replicas.map((member) => `  ${member.id})\n${indented(indented(say(member)))} ;;`),
    'esac',
  ].join('\n');

const instanceLook = ({ database: { standbyRegion } }: Bound, id: string | ShellWord) =>
  aws(
    'rds',
    'describe-db-instances',
    standbyRegion,
    ['db-instance-identifier', id],
    ['query', 'DBInstances[].[DBInstanceStatus,ReadReplicaSourceDBInstanceIdentifier,BackupRetentionPeriod]'],
  );

const globalLook = ({ database: { standbyRegion, globalCluster = '' } }: Bound) =>
  aws(
    'rds',
    'describe-global-clusters',
    standbyRegion,
    ['global-cluster-identifier', globalCluster],
    ['query', 'GlobalClusters[].[Status,FailoverState.Status,GlobalClusterMembers[].[DBClusterArn,IsWriter]]'],
  );

/** Asks the function that knows this database. */
function askFunction({ pair, database }: Bound, request: object, more = ''): string {
  const body = `${JSON.stringify({ ...request, pair: pair.pair }).slice(0, -1)}${more}}`;
  const invoke = aws(
    'lambda',
    'invoke',
    database.standbyRegion,
    ['function-name', database.orderFunction ?? ''],
    ['cli-binary-format', 'raw-in-base64-out'],
    ['payload', shell(`"${body.replaceAll('"', '\\"')}"`)],
  );
  return `${invoke} said.json; cat said.json`;
}

export function look(bound: Bound, member: RunbookMember): string {
  const carrier = carrierOf(bound);
  if (carrier === 'function') return askFunction(bound, { action: 'look', member });
  return carrier === 'aurora' ? globalLook(bound) : instanceLook(bound, member.id);
}

export function lookAtCandidate(bound: Bound): string {
  const carrier = carrierOf(bound);
  if (carrier === 'function') return forCandidate(bound, (member) => look(bound, member));
  return carrier === 'aurora' ? globalLook(bound) : instanceLook(bound, CANDIDATE);
}

const METRIC = {
  rds: ['ReplicaLag', 'DBInstanceIdentifier'],
  aurora: ['AuroraGlobalDBRPOLag', 'DBClusterIdentifier'],
} as const;

function lagMetric({ database: { standbyRegion } }: Bound, [metric, dimension]: readonly [string, string], id: string): string {
  return aws(
    'cloudwatch',
    'get-metric-statistics',
    standbyRegion,
    ['namespace', 'AWS/RDS'],
    ['metric-name', metric],
    ['dimensions', id.startsWith('$') ? shell(`"Name=${dimension},Value=${id}"`) : `Name=${dimension},Value=${id}`],
    ['start-time', shell('"$BEFORE"')],
    ['end-time', shell('"$FAILED"')],
    ['period', 60],
    ['statistics', 'Maximum'],
    ['query', 'sort_by(Datapoints,&Timestamp)[].[Timestamp,Maximum]'],
  );
}

const millis = (name: string, at: string) => `${name}=$(jq -n --arg at "$${at}" '$at | fromdate * 1000')`;

const functionLag = (bound: Bound, member: RunbookMember) =>
  askFunction(bound, { action: 'lag', member }, ',"fromMs":$FROM,"toMs":$TO');

const WINDOW = [millis('FROM', 'BEFORE'), millis('TO', 'FAILED')];

export function lagOf(bound: Bound, member: RunbookMember): readonly string[] {
  const carrier = carrierOf(bound);
  return carrier === 'function' ? [...WINDOW, functionLag(bound, member)] : [lagMetric(bound, METRIC[carrier], member.id)];
}

export function lagOfCandidate(bound: Bound): readonly string[] {
  const carrier = carrierOf(bound);
  return carrier === 'function'
    ? [...WINDOW, forCandidate(bound, (member) => functionLag(bound, member))]
    : [lagMetric(bound, METRIC[carrier], '$CANDIDATE')];
}

export function promote(bound: Bound): string {
  const { standbyRegion, globalCluster = '' } = bound.database;
  switch (carrierOf(bound)) {
    case 'aurora':
      return aws(
        'rds',
        'failover-global-cluster',
        standbyRegion,
        ['global-cluster-identifier', globalCluster],
        ['target-db-cluster-identifier', shell(`"arn:aws:rds:${standbyRegion}:$ACCOUNT:cluster:$CANDIDATE"`)],
        ['allow-data-loss'],
      );
    case 'rds':
      return aws(
        'rds',
        'promote-read-replica',
        standbyRegion,
        ['db-instance-identifier', CANDIDATE],
        ['backup-retention-period', 7],
      );
    case 'function':
      return forCandidate(bound, (member) => askFunction(bound, { action: 'promote', member }, ',"epoch":$EPOCH'));
  }
}
