/** What the drill commands print about themselves. */
import { COMMON_HELP } from '../arguments';

const CODES = '2 wrong\narguments, 3 when AWS cannot be asked, 130 interrupted.\n';

const START = `failover drill start <pair> [options]

Starts a drill by the drill function, after showing what will happen. A TRAFFIC drill moves real users to the standby
and back; the name of the pair must be typed. An OBSERVE drill only looks. Asking twice with one --id is one drill.

Options
  --level L          TRAFFIC (default) or OBSERVE
  --id ID            letters, digits, "-", "_", ":" and ".", at most 48 (default: made from the time)
  --yes-i-mean P     the pair's name, for scripts, in place of typing it
  --watch            follow the drill to its end; its verdict becomes the exit code
${COMMON_HELP}
Examples
  failover drill start web --region us-east-1
  failover drill start web --level OBSERVE --watch
  failover drill start web --yes-i-mean web --id release-42 --watch --json

Exit code: 0 started (with --watch: passed), 1 refused or not confirmed (with --watch: did not pass),
${CODES.replace('\n', ' ')}`;

const WATCH = `failover drill watch <pair> [options]

Follows the running drill by its journal: each step with the time it has taken, is expected to take and may take. Only
reads; Ctrl-C leaves the drill alone. When no drill runs, it says how the last one ended.

Options
  --id ID            this drill, as "drill start" called it (default: whichever runs, else the last)
${COMMON_HELP}
Examples
  failover drill watch web --region us-east-1
  failover drill watch web --json

Exit code: 0 the drill passed, 1 it did not, or there is none, ${CODES}`;

const ABORT = `failover drill abort <pair> [options]

Asks the running drill to put everything back at once. Asking twice is the same as asking once.

Options
  --id ID            only if this drill runs (default: whichever runs)
${COMMON_HELP}
Examples
  failover drill abort web --region us-east-1

Exit code: 0 the drill was told, 1 none runs, ${CODES}`;

const REPORT = `failover drill report <pair> [options]

Prints the report of a drill from the bucket: Markdown, or with --json the document that docs/drill.md describes.

Options
  --id ID            this drill (default: the last that ended)
  --level L          the last one of this level: TRAFFIC or OBSERVE
  --out FILE         write to FILE
${COMMON_HELP}
Examples
  failover drill report web --region us-east-1 --level TRAFFIC
  failover drill report web --id web-release-42 --json --out report.json

Exit code: 0 the drill passed, 1 it did not, or there is no report, ${CODES}`;

export const DRILL_HELP = `failover drill <start|watch|abort|report> <pair> [options]

  start     show what will happen, ask, and start a drill
  watch     follow the running drill
  abort     put everything back at once
  report    print the report of a drill that ended

Run "failover drill start --help" and so on for options and examples. All of them need AWS credentials and the standby
Region of the pair, and nothing from any other Region.
`;

export const DRILL_HELPS: Readonly<Record<string, string>> = { start: START, watch: WATCH, abort: ABORT, report: REPORT };
