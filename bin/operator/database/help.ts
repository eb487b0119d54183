/** What the commands about a database print about themselves. */
import { COMMON_HELP } from '../arguments';

const CODES = '2 wrong arguments, 3 when AWS cannot be asked,\n130 interrupted.\n';
const YES = "  --yes-i-mean P     the pair's name, for scripts, in place of typing it\n";
const RUN = `  --dry-run          show what would happen, and end
  --watch            follow the run to its end; its outcome becomes the exit code
`;
const LOSS =
  '  --accept-loss D    consent to so much lost, such as 30s, for this run only; without it a person is asked when\n                     more would be lost than was consented to beforehand\n';
const WRITES = "  --writes-stopped   your word that nothing writes to today's writer any more\n";
const RUN_CODES = `Exit code: 0 begun, or running already (with --watch: done), 1 refused, not confirmed (with --watch: not done),\n${CODES}`;

const SHOWS = `
First it shows who writes, which replica would and why not the others, the loss and how it is judged, the fences, the
time, what the witnesses say, and everything that speaks against it; then it asks for the pair's name. The run is
carried by Step Functions in the standby Region. Ordered twice it is one run; Ctrl-C before the name changes nothing,
after it the run goes on.`;

const FAILOVER_HELP = `failover failover <pair> [options]

Makes a replica of the standby Region the writer, because the primary is dead. Works from the standby Region alone.
While the primary shows signs of life it is refused without --force.
${SHOWS}

Options
${LOSS}  --force WHY        fail over although the primary shows signs of life; kept in the journal, told with the page
${RUN}${YES}${COMMON_HELP}
Examples
  failover failover shop --region eu-central-1 --dry-run
  failover failover shop --region eu-central-1 --watch
  failover failover shop --accept-loss 45s --yes-i-mean shop --json

${RUN_CODES}`;

const SWITCHOVER_HELP = `failover switchover <pair> [options]

Exchanges the roles with both sides alive, planned, losing nothing: writes are stopped by a function fence, or by you.
${SHOWS}

Options
${WRITES}${LOSS}${RUN}${YES}${COMMON_HELP}
Examples
  failover switchover shop --region eu-central-1 --dry-run
  failover switchover shop --writes-stopped --watch

${RUN_CODES}`;

const FAILBACK_HELP = `failover failback <pair> [options]

The way back, on a quiet day, to the rebuilt replica in the primary Region ("failover rebuild"), with writes stopped by
you.
${SHOWS}

Options
${WRITES}${LOSS}${RUN}${YES}${COMMON_HELP}
Examples
  failover failback shop --region eu-central-1 --writes-stopped --watch

${RUN_CODES}`;

export const ORDER_HELPS = { failover: FAILOVER_HELP, switchover: SWITCHOVER_HELP, failback: FAILBACK_HELP } as const;

export const WATCH_HELP = `failover watch <pair> [options]

Follows the run of a database by its journal: each step with the time it has taken, should take and may take. Only
reads; Ctrl-C leaves the run alone. When nothing runs, it says how the last run ended.

Options
  --epoch N          the run of this epoch (default: whichever runs, else the last)
${COMMON_HELP}
Examples
  failover watch shop --region eu-central-1
  failover watch shop --json

Exit code: 0 the run is done, 1 rolled back, stuck, or there is none, ${CODES}`;

export const PAUSE_HELP = `failover pause <pair> [options]

Automation watches and pages, and does not act, until the pause ends by itself. A person may still order anything.
Ordered again it begins anew. Others are told by the warning topic.

Options
  --for D            how long, such as 90m or 2h, at most 4h (default 4h)
  --hold             keep users at the primary too, whatever its health says
${COMMON_HELP}
Examples
  failover pause shop --for 2h --region eu-central-1
  failover pause shop --for 30m --hold

Exit code: 0 paused, 1 refused, ${CODES}`;

export const RESUME_HELP = `failover resume <pair> [options]

Ends a pause and its hold: automation acts again. Others are told by the warning topic.

Options
${COMMON_HELP}
Examples
  failover resume shop --region eu-central-1

Exit code: 0 resumed, 1 nothing was paused, ${CODES}`;

export const ADOPT_HELP = `failover adopt <pair> --epoch N [options]

Takes up a run that is stuck past the point of no return, or whose execution died: it goes on where it was, under a new
execution, with the same epoch. First mend what it was stuck on. It never promotes a second replica.

Options
  --epoch N          epoch of the run, from its page or "failover status"
  --watch            follow the run to its end; its outcome becomes the exit code
${YES}${COMMON_HELP}
Examples
  failover adopt shop --epoch 7 --region eu-central-1 --watch

Exit code: 0 it goes on (with --watch: done), 1 refused or not confirmed (with --watch: not done),
${CODES}`;

export const CLEAR_CLAIM_HELP = `failover clear-claim <pair> [options]

Clears the claim that somebody besides today's writer writes, once you have made sure that nobody does. While it stands,
automation does not act. What still writes is claimed again within two minutes. Resolves the incident of the claim.

Options
${YES}${COMMON_HELP}
Examples
  failover clear-claim shop --region eu-central-1

Exit code: 0 cleared, 1 nothing was claimed or not confirmed, ${CODES}`;

export const REBUILD_HELP = `failover rebuild open-fences|begin|end|give-up <pair> [options]

The way to two databases again. You build the replica ("failover runbook" has the commands); this names it, so that the
pair counts as protected once it is seen replicating, and a failback has somewhere to go.

  open-fences        let the old primary's network through again, once the old instance is stopped; asks
  begin              name the replica, and look whether it replicates from today's writer
  end                look again; order it until it is seen replicating
  give-up            forget it; the standby goes on alone

Options
  --replica ID       for begin: the new replica in the primary Region
  --endpoint HOST    for begin: its endpoint (default: the old primary's, where it has the same id)
${YES}${COMMON_HELP}
Examples
  failover rebuild begin shop --replica shop-a2 --endpoint shop-a2.abc.eu-west-1.rds.amazonaws.com
  failover rebuild end shop --region eu-central-1

Exit code: 0 done, 1 refused, not confirmed or not replicating yet, ${CODES}`;

export const RUNBOOK_HELP = `failover runbook <pair> [database|region] [options]

Prints, as Markdown, every step of a failover by hand: AWS CLI commands with this pair's own names, what must hold
before, how to see that it worked. For the day on which none of our code can be relied on: print it on a quiet one.

Options
  --from FOLDER      read what "cdk synth" wrote, such as cdk.out: no credentials, no network
${COMMON_HELP}
Examples
  failover runbook shop --region eu-central-1 > failover-of-shop.md
  failover runbook shop region --from cdk.out

Exit code: 0 printed, 1 the pair has no database that is promoted, ${CODES}`;
