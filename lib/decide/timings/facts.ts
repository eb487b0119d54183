import type { Provenance } from '../provenance';

/** Unit of a fact. `count` is a plain number of things. */
export type Unit =
  | 's'
  | 'ms'
  | 'min'
  | 'h'
  | 'd'
  | 'count'
  | 'percent'
  | 'chars'
  | 'bytes'
  | 'per s'
  | 'per min'
  | 'USD/month'
  | 'USD';

/** Value, unit, origin, source, meaning, and what surprises about it. */
export type Row = readonly [value: number, unit: Unit, origin: Origin, source: string, what: string, note?: string];

interface Origin {
  readonly provenance: Provenance;
  /** Day on which the source was read or the run was made; a month where only that is known. */
  readonly date: string;
}

const D: Origin = { provenance: 'documented', date: '2026-11-20' };
/** Only an older copy of the page could be read. */
const D23: Origin = { provenance: 'documented', date: '2023-06' };
/** No figure in the vendor's own text. */
const A: Origin = { provenance: 'assumed', date: '2026-11-20' };

const DOCS = 'https://docs.aws.amazon.com';
const R53 = `${DOCS}/Route53/latest`;
const HEALTH = `${R53}/DeveloperGuide/dns-failover-determining-health-of-endpoints.html`;
const VALUES = `${R53}/DeveloperGuide/health-checks-creating-values.html`;
const CONFIG = `${R53}/APIReference/API_HealthCheckConfig.html`;
const THROTTLE = `${R53}/DeveloperGuide/throttling-api-requests.html`;
const LIMITS = `${R53}/DeveloperGuide/DNSLimitations.html`;
const MONITOR = `${R53}/DeveloperGuide/monitoring-health-checks.html`;
const RECORD = `${R53}/APIReference/API_ResourceRecordSet.html`;
const CHANGE = `${R53}/APIReference/API_ChangeResourceRecordSets.html`;
const CHOOSE = `${R53}/DeveloperGuide/health-checks-how-route-53-chooses-records.html`;
const ALARM = `${DOCS}/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html`;
const EVALUATION = `${DOCS}/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html`;
const REPLICA = `${DOCS}/AmazonRDS/latest/UserGuide/USER_ReadRepl.Monitoring.html`;
const SNS = `${DOCS}/sns/latest/dg/sns-message-delivery-retries.html`;
const PD = 'https://github.com/PagerDuty/developer-docs/blob/main/docs/events-API-v2';
const LAMBDA = `${DOCS}/lambda/latest/dg/gettingstarted-limits.html`;
const SFN = `${DOCS}/step-functions/latest/dg/service-quotas.html`;
const SCHEDULER = `${DOCS}/scheduler/latest/UserGuide/schedule-types.html`;
const R53_PRICE = 'https://aws.amazon.com/route53/pricing/';
const ARC_PRICE = 'https://aws.amazon.com/application-recovery-controller/pricing/';
const CW_PRICE = 'https://aws.amazon.com/cloudwatch/pricing/';

/** Every service number that code or documents of this project rely on. `docs/numbers.md` is printed from it. */
// biome-ignore format: one fact per line, so that the file reads and diffs as a table
export const FACTS = {
  // Route 53 health checks
  'check.interval.fast': [10, 's', D, CONFIG, 'fast request interval of one checker', 'counted from the response to the next request, so the duration of a failing probe is added every round; a change replaces the check'],
  'check.interval.standard': [30, 's', D, CONFIG, 'standard request interval of one checker'],
  'check.threshold.min': [1, 'count', D, CONFIG, 'lowest failure threshold'],
  'check.threshold.max': [10, 'count', D, CONFIG, 'highest failure threshold', 'the same number of passes in a row is needed to become healthy again'],
  'check.threshold.default': [3, 'count', D, CONFIG, 'default failure threshold'],
  'check.connect.http': [4, 's', D, HEALTH, 'time in which an HTTP or HTTPS checker must be connected'],
  'check.response.http': [2, 's', D, HEALTH, 'time after the connection in which status 2xx or 3xx must arrive'],
  'check.body.http': [2, 's', D, HEALTH, 'further time for the body when a search string is set'],
  'check.connect.tcp': [10, 's', D, HEALTH, 'time in which a TCP checker must be connected', 'none of these times can be configured'],
  'check.quorum': [18, 'percent', D, HEALTH, 'healthy when more than this share of checkers says healthy', 'AWS says that the number may change'],
  'check.checkers': [16, 'count', D23, `${R53}/DeveloperGuide/monitoring-health-check-latency.html`, 'checkers that probe one endpoint', 'by default; AWS speaks of 16 redundant zones, and of more than one request per second at 10 s'],
  'check.regions.all': [8, 'count', D, VALUES, 'Regions that have checkers'],
  'check.regions.min': [3, 'count', D, VALUES, 'fewest checker Regions of one check', 'a removed Region keeps probing for up to an hour'],
  'check.search.chars': [255, 'chars', D, VALUES, 'longest search string'],
  'check.search.bytes': [5_120, 'bytes', D, VALUES, 'part of the body in which the search string must stand'],
  'check.path.chars': [255, 'chars', D, CONFIG, 'longest path with query'],
  'check.headers.bytes': [16_384, 'bytes', D, LIMITS, 'response headers in total'],
  'check.children': [255, 'count', D, LIMITS, 'children of a calculated check', 'two pages say 255, two say 256; we keep to 255'],
  'check.quota': [200, 'count', D, LIMITS, 'active health checks of an account', 'can be raised'],
  'check.metric.period': [60, 's', D, MONITOR, 'one datapoint of HealthCheckStatus', 'readable only in us-east-1'],
  'check.notice.typical': [180, 's', A, MONITOR, 'failing check to its SNS notice, typical', 'the page says "several minutes" and gives no figure'],
  'check.aggregation.typical': [10, 's', A, CHOOSE, 'verdict of the checkers to changed DNS answers, typical', 'AWS publishes no figure; a drill measures it'],
  'check.aggregation.max': [60, 's', A, CHOOSE, 'verdict of the checkers to changed DNS answers, planned maximum', 'AWS publishes no figure; a drill measures it'],
  'check.round-trip': [0.15, 's', A, HEALTH, 'round trips of one good probe from a far checker'],

  // Route 53 API
  'api.status.rate': [1, 'per s', D, THROTTLE, 'GetHealthCheckStatus calls of an account', 'bursts of 4'],
  'api.update-check.rate': [5, 'per s', D, THROTTLE, 'UpdateHealthCheck calls of an account', 'bursts of 50'],
  'api.any.rate': [10, 'per s', D, THROTTLE, 'all Route 53 calls of an account', 'bursts of 50'],
  'api.propagation': [60, 's', D, CHANGE, 'record edit to all name servers, usually', 'our failover edits no record'],
  'api.accelerated-recovery': [60, 'min', D, `${R53}/DeveloperGuide/accelerated-recovery.html`, 'record edits work again after AWS detects that us-east-1 is impaired', 'public zones with the feature on; health-check edits are not included'],

  // Records and resolvers
  'record.ttl.ours': [30, 's', D, `${R53}/DeveloperGuide/best-practices-dns.html`, 'default TTL of a pair', 'our choice; AWS advises 60 s or less for records with health checks'],
  'record.ttl.alias-elb': [60, 's', D, RECORD, 'TTL of an alias to a load balancer', 'cannot be changed, which is why a pair uses CNAMEs to regional names'],
  'record.ttl.cdk-default': [1_800, 's', D, `${DOCS}/cdk/api/v2/docs/aws-cdk-lib.aws_route53.ARecord.html`, 'TTL that aws-cdk-lib gives a record when none is set'],
  'record.ttl.beacon': [1, 's', D, RECORD, 'TTL of a beacon', 'our choice; 0 to 2,147,483,647 is legal'],
  'record.negative-cache': [900, 's', A, `${R53}/DeveloperGuide/SOA-NSrecords.html`, 'how long a resolver may remember that a name does not exist', 'the TTL of the SOA record that Route 53 makes; can be edited'],
  'client.keep-alive.alb': [3_600, 's', D, `${DOCS}/r53recovery/latest/dg/route53-arc-best-practices.regional.html`, 'longest time that an Application Load Balancer keeps a client connection by default', 'such a client stays on the old side; 300 s is the advice'],
  'client.jvm-cache': [60, 's', D, `${DOCS}/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.Failover.html`, 'longest DNS cache that AWS advises for a JVM'],

  // CloudWatch
  'alarm.evaluation': [60, 's', D, EVALUATION, 'how often an alarm with a period of 60 s or more is evaluated'],
  'alarm.window.max': [7, 'd', D, ALARM, 'longest time that an alarm looks back', 'why the age of the last drill is a metric of its own'],
  'alarm.delay.typical': [75, 's', A, EVALUATION, 'last datapoint to alarm action, typical', 'AWS publishes no figure'],

  // RDS replicas
  'rds.metric.period': [60, 's', D, `${DOCS}/AmazonRDS/latest/UserGuide/monitoring-cloudwatch.html`, 'one datapoint of ReplicaLag'],
  'rds.lag.stopped': [-1, 's', D, REPLICA, 'ReplicaLag while replication is not running, MySQL and MariaDB', 'an alarm on "greater than" never sees it'],
  'rds.lag.idle-postgres': [5, 'min', D, `${DOCS}/AmazonRDS/latest/UserGuide/USER_PostgreSQL.Replication.ReadReplicas.html`, 'ReplicaLag that an idle PostgreSQL writer climbs to', 'it is the time since the last replayed commit'],
  'rds.lag.page': [330, 's', A, `${DOCS}/AmazonRDS/latest/UserGuide/USER_PostgreSQL.Replication.ReadReplicas.html`, 'lag that pages for PostgreSQL without a writer heartbeat', 'our choice: the idle maximum and half a minute'],
  'rds.replication.terminated': [30, 'd', D, REPLICA, 'stopped replication is terminated after'],
  'rds.multi-az.min': [60, 's', D, `${DOCS}/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.Failover.html`, 'Multi-AZ instance failover, typical lower end'],
  'rds.multi-az.max': [120, 's', D, `${DOCS}/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.Failover.html`, 'Multi-AZ instance failover, typical upper end', 'longer with large transactions'],
  'rds.promotion.typical': [600, 's', A, `${DOCS}/AmazonRDS/latest/UserGuide/USER_ReadRepl.Promote.html`, 'cross-Region replica promotion, planned', 'the page says "several minutes or longer" and gives no figure'],

  // Alerts
  'sns.http.retries': [3, 'count', D, SNS, 'retries of an HTTPS subscription by default', '20 s apart, then the message is dropped: why a queue and a sender stand between'],
  'sns.queue.days': [23, 'd', D, SNS, 'time for which SNS retries an SQS or Lambda target'],
  'pagerduty.summary.chars': [1_024, 'chars', D, `${PD}/02-Trigger-Events.md`, 'longest summary'],
  'pagerduty.dedup.chars': [255, 'chars', D, `${PD}/02-Trigger-Events.md`, 'longest dedup_key'],
  'pagerduty.routing-key.chars': [32, 'chars', D, `${PD}/02-Trigger-Events.md`, 'length of a routing key'],
  'pagerduty.event.bytes': [524_288, 'bytes', D, `${PD}/01-Overview.md`, 'largest event (512 KB)'],
  'pagerduty.rate': [120, 'per min', D, `${PD}/05-Rate-Limits.md`, 'calls of one routing key, about'],

  // Lambda, Step Functions, Scheduler
  'lambda.timeout.max': [900, 's', D, LAMBDA, 'longest invocation'],
  'lambda.concurrency': [1_000, 'count', D, LAMBDA, 'concurrent invocations of an account and Region', 'new accounts have less, and reserved concurrency must leave 100 unreserved'],
  'sfn.history.events': [25_000, 'count', D, SFN, 'history events of one Standard execution'],
  'scheduler.precision': [60, 's', D, SCHEDULER, 'a schedule fires within', 'so the restore schedule may be this late'],

  // DynamoDB
  'dynamodb.mrsc.regions': [3, 'count', D, `${DOCS}/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html`, 'Regions of a global table with multi-Region strong consistency', 'of one set; three replicas, or two and a witness; no change back, no expiry, no transactions'],

  // Limits of a stack
  'stack.resources': [500, 'count', D, `${DOCS}/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html`, 'resources of one CloudFormation stack'],
  'policy.chars': [6_144, 'chars', D, `${DOCS}/IAM/latest/UserGuide/reference_iam-quotas.html`, 'characters of one managed policy, without white space'],
  'ssm.parameter.chars': [4_096, 'chars', D, `${DOCS}/systems-manager/latest/userguide/parameter-store-advanced-parameters.html`, 'characters of one standard parameter'],

  // List prices
  'price.check.aws': [0.5, 'USD/month', A, R53_PRICE, 'health check of an AWS endpoint', 'list price; the first 50 are free; calculated and alarm checks count as such'],
  'price.check.other': [0.75, 'USD/month', A, R53_PRICE, 'health check of any other endpoint', 'list price'],
  'price.check.option.aws': [1, 'USD/month', A, R53_PRICE, 'each option of an AWS endpoint check: HTTPS, fast interval, search string', 'list price'],
  'price.check.option.other': [2, 'USD/month', A, R53_PRICE, 'each option of any other endpoint check', 'list price'],
  'price.alarm': [0.1, 'USD/month', A, CW_PRICE, 'standard-resolution alarm', 'list price of us-east-1; 10 are free per account'],
  'price.metric': [0.3, 'USD/month', A, CW_PRICE, 'custom metric', 'list price of us-east-1; 10 are free per account; billed for the hours in which it is published'],
  'price.key': [1, 'USD/month', A, 'https://aws.amazon.com/kms/pricing/', 'customer-managed key', 'list price; each of the first two rotations adds as much'],
  'price.secret': [0.4, 'USD/month', A, 'https://aws.amazon.com/secrets-manager/pricing/', 'secret, and each replica of it', 'list price of us-east-1'],
  'price.transition': [0.000025, 'USD', A, 'https://aws.amazon.com/step-functions/pricing/', 'state transition, Standard', 'list price'],
  'price.lambda.request': [0.0000002, 'USD', A, 'https://aws.amazon.com/lambda/pricing/', 'invocation', 'list price'],
  'price.lambda.gb-s': [0.0000133334, 'USD', A, 'https://aws.amazon.com/lambda/pricing/', 'GB-second on arm64', 'list price of us-east-1'],
  'price.dynamodb.write': [0.000000625, 'USD', A, 'https://aws.amazon.com/dynamodb/pricing/', 'write request unit on demand, and replicated write', 'list price of us-east-1; a global table is billed once per replica'],
  'price.dynamodb.read': [0.000000125, 'USD', A, 'https://aws.amazon.com/dynamodb/pricing/', 'read request unit on demand: one strongly consistent read of 4 KB', 'list price of us-east-1'],
  'price.event': [0.000001, 'USD', A, 'https://aws.amazon.com/eventbridge/pricing/', 'custom event on an EventBridge bus, for each 64 KB', 'list price of 1 USD a million'],
  'price.arc.plan': [70, 'USD/month', A, ARC_PRICE, 'ARC Region switch plan', 'list price'],
  'price.arc.cluster': [1_825, 'USD/month', A, ARC_PRICE, 'ARC routing-control cluster', 'list price of 2.50 USD an hour, 730 hours'],
  'price.canary.run': [0.0012, 'USD', A, CW_PRICE, 'run of a CloudWatch Synthetics canary', 'list price of us-east-1'],
} as const satisfies Readonly<Record<string, Row>>;
