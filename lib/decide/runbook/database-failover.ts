import { FAILOVER_PLAN, UNDO_PLAN } from '../database/plan';
import { afterSteps } from './after-steps';
import { FAILOVER_STEPS, UNDO_STEPS } from './failover-steps';
import { aws } from './shell';
import type { Bound, Runbook, RunbookPart } from './types';

export const NEVER: readonly string[] = [
  'promote because a web endpoint fails: Route 53 has moved users, and the writer may live',
  'promote before the latch shows on every name server',
  'promote a second replica, or call promote again without looking',
  'judge a loss by the lag of now, or take unknown for small',
  'start, reboot, or repair the old primary in place after a promotion',
  'edit records, health checks or the alarms of the latch by hand',
  'wait for `cdk deploy`: no step needs a deployment, and none is undone by one',
];

/** What every runbook of a database begins with. */
export const setUp = (bound: Bound): readonly string[] => [
  'export AWS_PAGER=""',
  'FAILED=2026-11-20T10:00:00Z      # first sign of trouble, UTC; not now',
  'BEFORE=2026-11-20T09:50:00Z      # ten minutes earlier',
  `${`CANDIDATE=${bound.database.replicas[0]?.id ?? ''}`.padEnd(33)}# after assess: the replica that you chose`,
  'EPOCH=1                          # acquire reads it from the journal',
  `ACCOUNT=$(${aws('sts', 'get-caller-identity', bound.database.standbyRegion, ['query', 'Account'], ['output', 'text'])})`,
];

/** A command of ours, which is tried before anything by hand. */
export const order = ({ pair, database }: Bound, command: string, more = ''): string =>
  `\`npx failover ${command} ${pair.pair}${more ? ` ${more}` : ''} --region ${database.standbyRegion}\``;

/** Every step of the plan, in its order: what the machine does, by hand. */
export const failoverPart = (bound: Bound): RunbookPart => ({
  title: 'Fail over',
  text:
    `As long as the controller can be relied on, ${order(bound, 'failover')} does all of this after showing what it will do (\`--dry-run\` only shows), ` +
    `and ${order(bound, 'watch')} follows it. A question about the loss is answered by ${order(bound, 'approve', '--epoch N --loss-ms N')}, ` +
    `a stuck run is taken up by ${order(bound, 'adopt', '--epoch N')}. By hand only without it.`,
  steps: FAILOVER_PLAN.map(({ step }) => FAILOVER_STEPS[step](bound)),
});

export const undoPart = (bound: Bound): RunbookPart => ({
  title: 'Give up, before the promotion',
  text: 'Only while nothing was promoted and nobody asked for it. In this order.',
  steps: UNDO_PLAN.map(({ step }) => UNDO_STEPS[step](bound)),
});

export const databaseFailover = (bound: Bound): Runbook => ({
  name: 'database_failover',
  title: `Database failover of ${bound.pair.pair}, by hand`,
  intro: [
    `The controller does exactly these steps, in this order; the machine \`cdk-failover-${bound.database.namespace}-database\` has a state of each name. ` +
      'This page is for the day on which it cannot be relied on. It needs the AWS command line, version 2, `dig`, `curl` and `jq`, rights in both Regions, ' +
      'and none of our code.',
    'Everything is read and ordered in the standby Region, except the fences. Nothing here needs us-east-1.',
  ],
  setUp: setUp(bound),
  parts: [
    failoverPart(bound),
    undoPart(bound),
    {
      title: 'Afterwards',
      text:
        'The pair has no standby until this is done: `database-unprotected` stays on. In a new terminal set up again, with `CANDIDATE` as the database that writes now. ' +
        'You build the replica; ' +
        `${order(bound, 'rebuild begin', '--replica ID --endpoint HOST')} names it, \`rebuild end\` sees it replicating, ` +
        `${order(bound, 'failback', '--writes-stopped')} goes back, ` +
        `${order(bound, 'clear-claim')} follows a claim of another writer, once nothing else writes.`,
      steps: afterSteps(bound),
    },
  ],
  never: NEVER,
});
