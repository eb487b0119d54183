// docs/numbers.md and the tables of the README, from lib/decide/timings. `npm run docs` writes them.
import { allFacts, type Fact, numberOf } from '../lib/decide/timings';
import {
  type CheckTiming,
  detectedWithin,
  detectionTime,
  FAILURE_MODES,
  type FailureMode,
  recoveryTime,
} from '../lib/decide/timings/detection';
import { SPANS } from '../lib/decide/timings/spans';

const SECTIONS: readonly (readonly [prefix: string, title: string])[] = [
  ['check.', 'Route 53 health checks'],
  ['api.', 'Route 53 API'],
  ['record.', 'Records'],
  ['client.', 'Clients'],
  ['alarm.', 'CloudWatch alarms'],
  ['rds.', 'RDS'],
  ['sns.', 'SNS'],
  ['pagerduty.', 'PagerDuty'],
  ['lambda.', 'Lambda'],
  ['sfn.', 'Step Functions'],
  ['scheduler.', 'EventBridge Scheduler'],
  ['dynamodb.', 'DynamoDB'],
  ['stack.', 'CloudFormation'],
  ['policy.', 'IAM'],
  ['ssm.', 'Systems Manager'],
  ['price.', 'List prices'],
];

const MODE_NAMES: Readonly<Record<FailureMode, string>> = {
  refused: 'connection refused',
  'http-500': 'status 4xx or 5xx',
  slow: 'connects, no answer in 2 s',
  'black-hole': 'packets dropped',
  'black-hole-tcp': 'packets dropped, TCP check',
};

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const sec = (value: number) => value.toFixed(1);
const percent = (share: number) => (share > 0 && share < 0.01 ? '< 1 %' : `${Math.round(share * 100)} %`);
const plain = (value: number) =>
  value.toLocaleString('en-US', { maximumFractionDigits: 12, useGrouping: Math.abs(value) >= 1_000 });

function factRow(f: Fact): readonly string[] {
  const what = f.note ? `${f.what}; ${f.note}` : f.what;
  return [`\`${f.id}\``, `${plain(f.value)} ${f.unit}`, what, f.provenance, f.date, `[page](${f.source})`];
}

function factSections(): string {
  const known = SECTIONS.map(([prefix]) => prefix);
  const homeless = allFacts().filter((f) => !known.some((prefix) => f.id.startsWith(prefix)));
  if (homeless.length > 0) throw new Error(`no section for ${homeless.map((f) => f.id).join(', ')}`);
  return SECTIONS.map(([prefix, title]) => {
    const rows = allFacts().filter((f) => f.id.startsWith(prefix));
    return `### ${title}\n\n${table(['Id', 'Value', 'What', 'Provenance', 'Read', 'Source'], rows.map(factRow))}`;
  }).join('\n\n');
}

/** Times that vary, as the recovery budget uses them. */
function spanTable(): string {
  return table(
    ['Id', 'best', 'p50', 'p95', 'worst', 'What', 'Provenance', 'Read', 'Source'],
    Object.entries(SPANS).map(([id, s]) => {
      const points = [s.bestSec, s.p50Sec, s.p95Sec, s.worstSec].map(plain);
      return [`\`${id}\``, ...points, s.what, s.provenance, s.date, `[page](${s.source})`];
    }),
  );
}

/** Detection and recovery of the checkers alone, for every mode. */
function checkerTable(): string {
  const timings: readonly CheckTiming[] = [3, 2, 1].map((failures) => ({
    intervalSec: numberOf('check.interval.fast', 's'),
    failures,
  }));
  const slow = { intervalSec: numberOf('check.interval.standard', 's'), failures: 3 };
  return table(
    ['Check', 'Outage', 'best', 'median', '99 of 100', 'worst', 'within 30 s', 'back to healthy, median'],
    [...timings, slow].flatMap((timing) =>
      FAILURE_MODES.map((mode) => {
        const d = detectionTime(timing, mode);
        return [
          `${timing.intervalSec} s x ${timing.failures}`,
          MODE_NAMES[mode],
          sec(d.bestSec),
          sec(d.medianSec),
          sec(d.p99Sec),
          sec(d.worstSec),
          percent(detectedWithin(30, timing, mode)),
          sec(recoveryTime(timing, mode).medianSec),
        ];
      }),
    ),
  );
}

/** What a user feels: detection, switch and RTO of a pair with its defaults. */
export function detectionTable(): string {
  const aggregationSec = numberOf('check.aggregation.typical', 's');
  const aggregationMaxSec = numberOf('check.aggregation.max', 's');
  const ttlSec = numberOf('record.ttl.ours', 's');
  const client = SPANS['client.reconnect'];
  const rows = [3, 2].flatMap((failures) =>
    FAILURE_MODES.filter((mode) => mode !== 'black-hole-tcp').map((mode) => {
      const timing = { intervalSec: numberOf('check.interval.fast', 's'), failures };
      const d = detectionTime(timing, mode);
      const share = detectedWithin(30, timing, mode);
      return [
        `10 s x ${failures}`,
        MODE_NAMES[mode],
        `${sec(d.medianSec)} / ${sec(d.worstSec)} s`,
        percent(share),
        `${aggregationSec} / ${aggregationMaxSec} s`,
        `${Math.round(d.medianSec + aggregationSec + ttlSec + client.p50Sec)} / ${Math.round(d.worstSec + aggregationMaxSec + ttlSec + client.worstSec)} s`,
      ];
    }),
  );
  return table(
    [
      'Check',
      'Outage',
      'detection, median / worst (simulated)',
      '< 30 s',
      'switch, typical / planned maximum (assumed)',
      'RTO, typical / worst (simulated and assumed)',
    ],
    rows,
  );
}

/** What the stack of example 01 holds that costs money while nothing happens; a test counts it in the template. */
export const EXAMPLE_01 = { checks: 2, alarmMetrics: 19, keys: 2, secrets: 1, metrics: 4, reservedConcurrency: 30 } as const;

const MINUTES_OF_A_MONTH = 43_800;
/** Assumed: one look of the keeper, in seconds, at 256 MB. */
const KEEPER_SEC = 1;
const KEEPER_GB = 0.25;

/** Cost of the stack of example 01 per month, for sites inside and outside AWS. */
export function costTable(): string {
  const price = (id: Parameters<typeof numberOf>[0]) => numberOf(id, 'USD/month');
  const { checks, alarmMetrics, keys, secrets, metrics } = EXAMPLE_01;
  const same = (what: string, usd: number) => ({ what, aws: usd, other: usd });
  const keeper =
    MINUTES_OF_A_MONTH *
    (numberOf('price.lambda.request', 'USD') + KEEPER_SEC * KEEPER_GB * numberOf('price.lambda.gb-s', 'USD'));
  const lines = [
    {
      what: `${checks} health checks, HTTPS, 10 s`,
      aws: checks * (price('price.check.aws') + 2 * price('price.check.option.aws')),
      other: checks * (price('price.check.other') + 2 * price('price.check.option.other')),
    },
    same(`alarms on ${alarmMetrics} metrics`, alarmMetrics * price('price.alarm')),
    same(`${metrics} custom metrics, at most`, metrics * price('price.metric')),
    same(`${keys} keys`, keys * price('price.key')),
    same(`${secrets} secret`, secrets * price('price.secret')),
    same('keeper, each minute', keeper),
  ];
  const sum = (side: 'aws' | 'other') => lines.reduce((total, line) => total + line[side], 0);
  const usd = (value: number) => value.toFixed(2);
  return table(
    ['Part', 'sites in AWS', 'sites elsewhere'],
    [
      ...lines.map((line) => [line.what, usd(line.aws), usd(line.other)]),
      ['**sum, USD per month**', `**${usd(sum('aws'))}**`, `**${usd(sum('other'))}**`],
    ],
  );
}

export function numbersPage(): string {
  return `# Numbers

Printed from \`lib/decide/timings/facts.ts\` by \`npm run docs\`; do not edit by hand. A test fails when this page and the data differ.

Every number has a provenance:

- **documented**: the vendor's own page says it. The date says when the page was read; \`2023-06\` means that only an older copy could be read.
- **assumed**: no figure in the vendor's own text. It is a planning number until a drill in your account replaces it.
- **simulated**: computed from documented rules and assumed parameters.
- **measured**: seen by a clock, in a drill or in the lab. Drill and lab reports say which.

## Why Route 53 has no separate recovery threshold

\`FailureThreshold\` is one number for both directions: so many failures in a row turn a checker to unhealthy, and as many passes
in a row turn it back. A "recovery threshold 2" beside "failure threshold 3" cannot be written in Route 53. What can be chosen is
that one number, and coming back is in any case faster than going away: unhealthy needs 14 of 16 checkers to fail, healthy needs only 3
of 16 to pass. At 10 s x 3 that is a median of ${sec(recoveryTime({ intervalSec: 10, failures: 3 }, 'refused').medianSec)} s (simulated). A pair that must not come back by itself needs a
latch, see [latch.md](latch.md).

## What the checkers need, in seconds

Simulated: closed form of \`lib/decide/timings/detection.ts\`, ${numberOf('check.checkers', 'count')} uncoordinated checkers, ${numberOf('check.round-trip', 's')} s for a good probe (assumed). The interval runs
from a response to the next request, so the duration of a failing probe is added every round. Route 53's own delay from the verdict to
changed answers comes on top and is not published.

${checkerTable()}

## Times that vary, in seconds

Where a page names a range only, its ends are the ends here and the points between are planning values.

${spanTable()}

How they add up to an RTO: [budget.md](budget.md). What failover does to availability, which failure threshold is best and when it pays, with
three published formulas beside the corrected ones: [formulas.md](formulas.md).

## What services do

${factSections()}
`;
}

const marker = (name: string) => [`<!-- numbers: ${name} -->`, '<!-- end of numbers -->'] as const;

/** Replaces what stands between the markers of a generated part. */
export function withPart(page: string, name: string, part: string): string {
  const [begin, end] = marker(name);
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`no part "${name}" in the page`);
  return `${page.slice(0, from + begin.length)}\n\n${part}\n\n${page.slice(to)}`;
}

export const readmeWithNumbers = (readme: string) =>
  withPart(withPart(readme, 'detection', detectionTable()), 'cost', costTable());
