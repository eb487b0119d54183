import { Annotations, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { OrderedKind } from '../../contracts/database';
import type { FailoverPair } from '../dns';
import { isKnown, type Problems, shown } from '../internal/problems';
import type { BoundDatabase, OrderedDatabase } from './database';
import type { DatabaseFailoverProps } from './database-failover';
import type { HeartbeatReader } from './strategies/heartbeat-reader';
import { TriggerPolicy } from './strategies/trigger-policy';

const ORDERED: Readonly<Record<OrderedKind, true>> = { readReplicas: true, auroraGlobal: true, custom: true };

/** True when somebody other than the service has to act. */
export const isOrdered = (database: BoundDatabase): database is OrderedDatabase => database.kind in ORDERED;

/** The policy that applies, and whether it was chosen here. */
export function triggerOf(
  { trigger, heartbeat }: DatabaseFailoverProps,
  database: BoundDatabase,
): { readonly policy: ReturnType<typeof TriggerPolicy.manual>; readonly strong: boolean } {
  const strong = database.serviceKnowsWriter || heartbeat !== undefined;
  return { policy: trigger ?? (strong ? TriggerPolicy.unanimous() : TriggerPolicy.manual()), strong };
}

/** Which trigger applies where none was chosen, and how to change it. */
export function sayTrigger(scope: Construct, { trigger, heartbeat }: DatabaseFailoverProps, kind: string, strong: boolean): void {
  if (trigger) return;
  const manual = "for a person's order instead, set trigger: TriggerPolicy.manual()";
  const shown = `the heartbeat shows whether the writer lives, so it fails over by itself when every witness agrees; ${manual}`;
  const told =
    'it fails over by itself when Aurora says that its writer has failed; of a Region that answers nothing Aurora says nothing either, ' +
    `and a person is asked: set heartbeat to fail over by itself then too; ${manual}`;
  const why = strong
    ? heartbeat
      ? shown
      : told
    : 'nothing proves that the writer is dead, so a person starts a failover; for an automatic one, set heartbeat';
  Annotations.of(scope).addInfoV2('cdk-failover:Trigger', `trigger is TriggerPolicy.${kind}(): ${why}`);
}

/** Everything that can be wrong at synth beside the database itself. */
export function checkFailover(scope: Construct, props: DatabaseFailoverProps, database: BoundDatabase, problems: Problems): void {
  const { pair, targets } = props;
  const stack = Stack.of(scope);
  problems.addIf(
    stack !== pair.regions.standby,
    'WrongStack',
    `scope is in stack ${stack.stackName}; the controller of a database lives in the standby Region, where it works while the primary is gone; use regions.standby as scope`,
  );
  if (isOrdered(database)) {
    problems.addIf(
      targets === undefined && !pair._budget.asked,
      'TargetsRequired',
      'targets is not set, and the default RTO of 120 s is out of reach: a promotion takes minutes; say what is accepted, such as targets: { rto: Duration.minutes(20) }, ' +
        'or use a Multi-AZ cluster, which fails over inside its Region in less than a minute',
    );
    checkOrdered(props, database, problems);
  } else {
    checkUnused(props, database, problems);
  }
}

function checkOrdered(props: DatabaseFailoverProps, database: BoundDatabase, problems: Problems): void {
  const { pair, heartbeat, refresh, fences, writerParameter, trigger, lease } = props;
  const { policy, strong } = triggerOf(props, database);
  problems.addIf(
    trigger !== undefined && policy._policy.kind !== 'manual' && !strong,
    'WeakEvidence',
    `trigger is TriggerPolicy.${policy._policy.kind}, but nothing proves that the writer is dead: lag points are a minute old; ` +
      'set heartbeat, or use TriggerPolicy.manual()',
  );
  const chosen = policy._policy;
  const leased = lease?._bind({ regions: pair.regions, problems }) !== undefined;
  problems.addIf(
    chosen.kind === 'quorum' && !(leased && chosen.of === 3),
    'Quorum',
    `trigger is TriggerPolicy.quorum(${chosen.kind === 'quorum' ? chosen.of : ''}); 3, with a lease: only Route 53 may be silent, and a cut path silences our own probe and the heartbeat at once, so the lease must speak then; ` +
      (leased ? 'use TriggerPolicy.quorum(3) or unanimous()' : 'use TriggerPolicy.unanimous(), or set lease too'),
  );
  if (heartbeat) checkHeartbeat(heartbeat, database, pair, problems);
  const elsewhere = (region: string) => isKnown(region) && region !== pair.regions.standbyRegion;
  (refresh ?? []).forEach((one, i) => {
    const { region } = one._bind();
    problems.addIf(
      elsewhere(region),
      'RefreshElsewhere',
      `refresh[${i}] is in ${region}; applications of the standby Region ${pair.regions.standbyRegion} are refreshed, the others are fenced; name those`,
    );
  });
  (fences ?? []).forEach((fence, i) => {
    const bound = fence._bind({ source: database.source, problems, prop: `fences[${i}]` });
    const region = bound.function?.env.region;
    problems.addIf(
      region !== undefined && elsewhere(region),
      'FunctionElsewhere',
      `fences[${i}] is a function in ${region}; the controller calls functions of the standby Region ${pair.regions.standbyRegion}; put it there and let it act across Regions`,
    );
    problems.addIf(
      bound.settings.kind !== 'function' && database.kind !== 'readReplicas',
      'FenceKind',
      `fences[${i}] shuts in an RDS instance, but the database is Database.${database.kind}; ${
        database.kind === 'auroraGlobal' ? 'Aurora fences its old writer itself; leave it out, or use' : 'use'
      } Fence.function`,
    );
  });
  problems.addIf(
    writerParameter !== undefined && (!isKnown(writerParameter) || !/^\/[A-Za-z0-9_./-]{1,500}$/.test(writerParameter)),
    'WriterParameter',
    `writerParameter is ${shown(writerParameter)}; a path of letters, digits and _.-/ that begins with /, as plain text; write it as /shop/db-writer`,
  );
  problems.addIf(
    isKnown(writerParameter) && /^\/(aws|ssm|cdk-failover)\b/.test(writerParameter),
    'WriterParameter',
    `writerParameter is ${shown(writerParameter)}; /aws and /ssm belong to AWS and /cdk-failover to registrations; choose a path of your own`,
  );
}

function checkHeartbeat(heartbeat: HeartbeatReader, database: BoundDatabase, pair: FailoverPair, problems: Problems): void {
  const { limit, vpc, secret } = heartbeat;
  problems.addIf(
    database.kind === 'auroraGlobal' && database.replicas.some((replica) => replica.readerEndpoint === undefined),
    'ReaderEndpoint',
    'heartbeat is set, and the endpoint of standby does not answer before it writes; set standby.readerEndpoint, the cluster’s name with -ro-',
  );
  const sec = limit === undefined || limit.isUnresolved() ? 30 : limit.toSeconds({ integral: false });
  problems.addIf(
    sec < 15 || sec > 300,
    'HeartbeatLimit',
    `heartbeat.limit is ${sec} s; from 15 s, three beats of 5 s, to 300 s; a shorter one takes a pause for death`,
  );
  problems.addIf(
    limit?.isUnresolved() === true,
    'HeartbeatLimit',
    'heartbeat.limit is only known at deploy time; the controller rests on it; give a plain Duration',
  );
  for (const [prop, region] of Object.entries({ vpc: vpc.env.region, secret: secret.env.region })) {
    problems.addIf(
      isKnown(region) && region !== pair.regions.standbyRegion,
      'HeartbeatElsewhere',
      `heartbeat.${prop} is in ${region}; the reader works while the primary Region is gone; name one of the standby Region ${pair.regions.standbyRegion}`,
    );
  }
}

/** An option that would do nothing is a misunderstanding. */
function checkUnused(props: DatabaseFailoverProps, database: BoundDatabase, problems: Problems): void {
  const { dataLoss, trigger, fences, refresh, heartbeat, writerParameter, lease } = props;
  for (const [prop, value] of Object.entries({ dataLoss, trigger, fences, refresh, heartbeat, writerParameter, lease })) {
    problems.addIf(
      value !== undefined,
      'ServiceFailsOver',
      `${prop} is set, but the service fails a Database.${database.kind} over by itself and nothing of ours is ordered; leave it out`,
    );
  }
}
