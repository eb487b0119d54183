// docs/budget.md and docs/formulas.md, with every figure printed by the code that it describes. `npm run docs` writes them.
import { pairText } from '../bin/budget/table';
import {
  availability,
  type EconomicsFacts,
  economics,
  FAILOVER_TYPES,
  optimalThreshold,
  publishedAvailability,
  publishedPaybackMonths,
  publishedThreshold,
  type ThresholdFacts,
} from '../lib/decide/availability';
import { DEFAULT_TARGETS, type PairFacts, pairBudget } from '../lib/decide/budget';
import { monthlyCost } from '../lib/decide/cost';

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
const usd = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 2 });

const ADDRESSES: PairFacts = {
  pair: 'web',
  check: { protocol: 'https', intervalSec: 10, failures: 3, checkers: 16 },
  answer: { kind: 'record', ttlSec: 30, apex: false },
};
const FIXED: PairFacts = { ...ADDRESSES, check: { ...ADDRESSES.check, failures: 2 } };
const printed = (facts: PairFacts) =>
  pairText(pairBudget('Web/Pair', facts, { targets: DEFAULT_TARGETS, waivers: [] })).trimEnd();

const HOUR = 3_600;
/** One outage of 0.72 h a month is 99.9 %. */
const OUTAGE = {
  outagesPerMonth: 1,
  repairSec: 0.72 * HOUR,
  rtoSec: 0.67 * HOUR,
  standbyAvailability: 0.995,
  commonCauseShare: 0,
  falseFailoversPerMonth: 0,
  switchSec: 0,
};
const STALLS: ThresholdFacts = {
  outagesPerMonth: 0.5,
  outageCostPerSec: 1_000 / 60,
  intervalSec: 10,
  stallsPerMonth: 4,
  stallGoesOn: 0.3,
  falseFailoverCost: 2_000,
};
const DEAR: EconomicsFacts = {
  implementation: 46_000,
  ongoingPerMonth: 73_980,
  outagesPerMonth: 0.5,
  repairMin: 120,
  rtoMin: 5,
  outageCostPerMin: 1_000,
};

const paybackText = (facts: EconomicsFacts) => {
  const { payback } = economics(facts);
  return payback.kind === 'never' ? `never: ${payback.because}` : `${payback.months.toFixed(2)} months`;
};

const comparison = () =>
  table(
    ['Question', 'Example', 'As usually published', 'Here'],
    [
      [
        'availability',
        'one outage of 0.72 h a month; failover takes 0.67 h; the standby is there 99.5 % of the time',
        publishedAvailability(0.999, 0.995, OUTAGE.rtoSec).toFixed(6),
        availability(OUTAGE).toFixed(5),
      ],
      [
        'the same, RTO 90 s',
        '',
        publishedAvailability(0.999, 0.995, 90).toFixed(6),
        availability({ ...OUTAGE, rtoSec: 90 }).toFixed(5),
      ],
      [
        'failure threshold',
        'an outage every two months at 1,000 USD a minute; 4 stalls a month, 30 % of them fail the next check too; a needless failover costs 2,000 USD; a missed failure 60,000 USD',
        String(publishedThreshold(2_000, 60_000, 0.5)),
        `${optimalThreshold(STALLS).exact.toFixed(1)}, so ${optimalThreshold(STALLS).failures}`,
      ],
      [
        'the same, needless failover 200 USD',
        '',
        String(publishedThreshold(200, 60_000, 0.5)),
        `${optimalThreshold({ ...STALLS, falseFailoverCost: 200 }).exact.toFixed(1)}, so ${optimalThreshold({ ...STALLS, falseFailoverCost: 200 }).failures}`,
      ],
      [
        'payback',
        `${usd(DEAR.implementation)} USD once, ${usd(DEAR.ongoingPerMonth)} a month; two hours of outage every two months at 1,000 USD a minute, five minutes with failover`,
        `${publishedPaybackMonths(DEAR).toFixed(1)} months`,
        paybackText(DEAR),
      ],
      [
        'the same, standby for 1,820 USD a month',
        '',
        `${publishedPaybackMonths({ ...DEAR, ongoingPerMonth: 1_820 }).toFixed(2)} months`,
        paybackText({ ...DEAR, ongoingPerMonth: 1_820 }),
      ],
    ],
  );

const matrix = () =>
  table(
    ['Service', 'Type', 'How', 'RTO at worst, s', 'RPO at worst, s', 'Survives a Region', 'Provenance', 'Not when'],
    FAILOVER_TYPES.map((w) => [
      w.service,
      w.type,
      w.how,
      usd(w.rtoSec),
      usd(w.rpoSec),
      w.survivesRegion ? 'yes' : 'no',
      w.provenance,
      w.notWhen,
    ]),
  );

export const formulasPage = () => `# Three formulas, corrected, and which failover for what

Printed from \`lib/decide/availability\` by \`npm run docs\`; do not edit by hand. Costs are examples, in any one currency.

## Availability, threshold, payback

Three formulas that are often printed in texts on failover give results that cannot be. Both results, for the same example (simulated: computed by formula):

${comparison()}

The published availability divides the time of a failover by the month, so that a failover nearly as slow as the repair looks
perfect; it must be held against each outage, together with a standby that may be down and with causes that hit both sides.
The published threshold is a logarithm that turns negative, hence 0, whenever missing a failure costs more than a needless
failover, which is the usual case; the right one weighs the cost of waiting for one more check against the stalls that it lets pass.
The published payback divides a year of cost by a monthly gain that may be a loss, and so can be a negative number of months; what is
never earned back is \`never\`.

\`\`\`
U = outages * [ T + (R - T) * ((1 - c)(1 - As) + c) ] + needless * S        availability = 1 - U / month,  T = min(RTO, R)
F = ln( cost of a second * I * outages / (cost of a needless failover * stalls * ln(1/p)) ) / ln p     kept between 1 and 10
payback = implementation / (benefit - ongoing), or never
\`\`\`

R: repair time. As: share of time in which the standby is there. c: share of outages that hit both sides. S: interruption by a
needless failover. I: interval of the checks. p: chance that a stall fails the next check too. Note what the threshold says: a
failover that is cheap and can be taken back deserves fewer failures than a promotion.

## Which failover for which service

Cheapest first. The first row that keeps your RTO and RPO is the one to take.

${matrix()}

When not to fail over at all: when nobody is hurt by a repair time, when one machine is all there is, or when the standby costs more than
the outages (see \`never\` above). The cost of what you deploy is printed by \`failover budget\`.
`;

/** @param example code that a test runs */
export const budgetPage = (example: string) => `# The recovery budget

\`npm run docs\` prints the examples and tables of this page from the code; do not edit by hand.

Every \`FailoverPair\` is judged when the app is synthesized: can it meet detection ${DEFAULT_TARGETS.detection} s, switch ${DEFAULT_TARGETS.switch} s,
RTO ${DEFAULT_TARGETS.rto} s and RPO ${DEFAULT_TARGETS.rpo} s in every failure mode? The answer is

- an **error**, \`cdk-failover:BudgetImpossible\`, when even the best case misses a target in every failure mode;
- **one warning**, \`cdk-failover:BudgetAtRisk\`, when the worst case misses a target in some modes;
- nothing, when every target is met at worst.

Each names the part that costs most and the cheapest change that helps. The change is found by trying: the model is asked again
with 2 failures, interval 10 s, a shorter ttl, a CNAME in place of an alias, HTTPS in place of TCP, another kind of database, then
with two of them together.

## Two addresses, as they come

\`\`\`
${printed(ADDRESSES)}
\`\`\`

And with \`health: HealthProbe.https({ failures: 2 })\`:

\`\`\`
${printed(FIXED)}
\`\`\`

## What is added up

| Stage | From | To | Same as in a drill |
| --- | --- | --- | --- |
| detection | outage | the checkers' verdict: the 14th of 16 has failed often enough | no: a drill sees the verdict in DNS only |
| DNS effective | outage | changed answers | a drill's *detection* |
| switch | changed answers | a client on the standby: the rest of a cached answer, and a new connection | no: a drill's *switch* ends when all name servers agree |
| database | decision | the new writer takes writes | - |
| RTO | outage | a client served by the standby | yes |

Worst cases add up to the worst case, best cases to the best case, and the slowest of parallel branches counts. The percentiles of a
sum have no closed form: \`failover budget --simulate\` plays each mode many times. Not in the sum: clients that ignore the TTL, and
connections that stay open to a side that still answers (\`client.keep-alive.alb\`).

A drill may therefore miss its detection target where the budget meets it: between the two lies Route 53's own delay, which is assumed
until drills calibrate it.

A TCP check never sees an HTTP error or a slow answer: those modes are *never detected*, whatever the target.

## Targets and waivers

<!-- region: test/constructs/budget/recovery-budget.test.ts budget -->
\`\`\`ts
${example}\`\`\`

A waiver gives up a target, a mode, or both. Its reason stands in the budget file. A waiver that gives up nothing is told
(\`cdk-failover:IdleWaiver\`). The warning itself can be acknowledged like any other of CDK.

## Calibration

\`calibration: 'drills.json'\` takes Route 53's own delay, which AWS does not publish, from your drills: their JSON reports, one or an
array of them, from the report bucket. For each valid TRAFFIC drill of the pair it is the time from the fault to the standby's answer on every
name server, less the median of the checkers. The line then says *measured*, in how many drills, and when. Its best and worst are the
least and the most that was seen, so a few drills are no promise. A file that is missing, cut off, of another schema version, negative or
from the future is refused.

## The command line

\`failover budget [folder]\` reads \`failover-budget.json\` and the templates of a cloud assembly (\`cdk.out\`), those of stages included.

| Option | Effect |
| --- | --- |
| \`--simulate N --seed S\` | percentiles of sums, and the share of outages within each target; the same seed gives the same numbers |
| \`--html FILE\` | a page with the distribution of each stage against its target; opens offline |
| \`--json\` | everything, for a pipeline |

Exit code 1 when a target is impossible, 2 when the assembly cannot be read. It also prints what the templates cost per month at list
price, beside ${monthlyCost([])
  .beside.map((line) => `${line.what} (${usd(line.usdPerMonth)} USD)`)
  .join(', ')}. All prices are assumed: dated list prices, without free tiers.

## Databases

The model knows Multi-AZ instances and clusters, Aurora in a Region, Aurora Global (failover and switchover) and the promotion of a
cross-Region replica; \`DatabaseFailover\` adds one to its pair. Their times are in [numbers.md](numbers.md), and what they
come to in [formulas.md](formulas.md).
`;
