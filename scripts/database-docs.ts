// The tables of docs/database-failover.md, docs/lease.md and docs/simulation.md, from the rules that the controller goes by.
import { leaseCost } from '../lib/decide/cost';
import { LEASE_REGION_SETS } from '../lib/decide/database/lease-regions';
import { FAILOVER_PLAN, UNDO_PLAN } from '../lib/decide/database/plan';
import { TRANSITIONS } from '../lib/decide/database/transitions';
import { pageAfterMs, TRIGGER_ROWS } from '../lib/decide/database/trigger';
import { TICK_MS } from '../lib/decide/database/witnesses';
import { detectionTime } from '../lib/decide/timings/detection';
import { SPANS, type SpanId } from '../lib/decide/timings/spans';
import { COURSES, INVARIANTS } from '../lib/lab/simulated/database';
import { MUTANTS } from '../test/simulation/database/mutants';

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const time = (sec: number) => (sec < 120 ? `${sec} s` : `${Math.round(sec / 6) / 10} min`);

const any = (words: readonly string[] | undefined) => words?.join(' or ') ?? 'any';

const paged = (outcome: (typeof TRIGGER_ROWS)[number]['outcome']) => {
  const after = outcome === 'act' ? undefined : pageAfterMs(outcome);
  if (!after) return '';
  const sec = Math.max(after.lastsMs, after.suspectMs) / 1000;
  return sec === 0 ? 'at once' : `after ${sec} s`;
};

/** What happens, in the order in which it does. Each span begins where the one before ends. */
const TIMELINE: readonly (readonly [SpanId, string])[] = [
  ['decide.assess', '`acquire`, `assess`: the epoch is taken, the best replica and its loss are known; **the page goes out**'],
  [
    'fence',
    '`stop_writes_to_primary`: fences are up, or nothing answered there twice in a row, or 20 s have passed; `verify_replica_sync` accepts the loss',
  ],
  ['latch.alarm', '`latch`: Route 53 shows the latch; users are at the standby'],
  ['db.replica-promotion', '`promote_replica`: the replica stands alone'],
  ['db.writer-name', '`repoint_writer`, `refresh_applications`, `verify_functionality`'],
  ['db.reconnect', 'connection pools have found the new writer'],
];

/** The slowest of the witnesses: with the defaults that is Route 53, whose checkers wait longest where packets are dropped. */
function agreement() {
  const detected = detectionTime({ intervalSec: 10, failures: 3 }, 'black-hole');
  const effective = SPANS['dns.effective'];
  const tickSec = TICK_MS / 1000;
  const p50 = Math.max(detected.medianSec + effective.p50Sec, HEARTBEAT_SEC) + tickSec / 2;
  const worst = Math.max(detected.worstSec + effective.worstSec, HEARTBEAT_SEC) + tickSec;
  return { p50: Math.round(p50), worst: Math.round(worst) };
}

/** Default limit of a heartbeat. */
const HEARTBEAT_SEC = 30;

function timeline(): string {
  let { p50, worst } = agreement();
  const first = [
    'the witnesses agree: Route 53 (10 s x 3, packets dropped) is the slowest of them, before the heartbeat (30 s) and our own probe (15 s)',
    time(p50),
    time(worst),
    time(p50),
    time(worst),
    'simulated, and assumed: `dns.effective`',
  ];
  const rows = TIMELINE.map(([id, what]) => {
    const span = SPANS[id];
    p50 += span.p50Sec;
    worst += span.worstSec;
    return [what, time(span.p50Sec), time(span.worstSec), time(p50), time(worst), `${span.provenance}, \`${id}\``];
  });
  return table(
    ['Until', 'typical', 'at worst', 'since the writer died, typical', 'at worst', 'Where the time is from'],
    [first, ...rows],
  );
}

const usd = (value: number) => value.toFixed(2);

function leaseCosts(): string {
  const lines = leaseCost();
  const sum = lines.reduce((total, { usdPerMonth }) => total + usdPerMonth, 0);
  return table(
    ['Part', 'USD per month'],
    [...lines.map(({ what, usdPerMonth }) => [what, usd(usdPerMonth)]), ['**sum**', `**${usd(sum)}**`]],
  );
}

const TABLES: Readonly<Record<string, () => string>> = {
  'lease-cost': leaseCosts,
  'lease-regions': () =>
    table(
      ['Set', 'Regions'],
      Object.entries(LEASE_REGION_SETS).map(([set, regions]) => [set, regions.join(', ')]),
    ),
  timeline,
  trigger: () =>
    table(
      ['Row', 'Route 53', 'our probe', 'writer', 'lease', 'Then', 'Page', 'Because'],
      TRIGGER_ROWS.map((r) => [
        String(r.row),
        any(r.outside),
        any(r.probe),
        any(r.writer),
        any(r.lease),
        r.outcome === 'act' ? '**act**' : r.outcome,
        paged(r.outcome),
        r.because,
      ]),
    ),
  plan: () =>
    table(
      ['Step', 'longest', 'Then', 'Undone by'],
      FAILOVER_PLAN.map(({ step, limitSec, onLimit, reversible }) => [
        `\`${step}\``,
        time(limitSec),
        { undo: 'gives up, undoes', continue: 'goes on without', stuck: 'is stuck, and pages' }[onLimit],
        reversible === 'undo'
          ? (UNDO_PLAN.find((undo) => undo.step === `undo_${step}`)?.step.replace(/.*/, '`$&`') ?? 'nothing to undo')
          : reversible === 'one-way'
            ? '**no way back**'
            : 'only forward',
      ]),
    ),
  invariants: () =>
    table(
      ['', 'What must hold', 'Planted bugs that it finds'],
      Object.entries(INVARIANTS).map(([id, what]) => [
        id,
        what,
        MUTANTS.flatMap(({ killedBy, name }) => (killedBy === id ? [name] : [])).join('; ') || 'none alone',
      ]),
    ),
  crashes: () =>
    table(
      ['Course', 'Ends'],
      COURSES.map(({ name, ends }) => [`\`${name}\``, ends]),
    ),
  transitions: () =>
    table(
      ['Row', 'From', 'On', 'To', 'Because'],
      TRANSITIONS.map(({ row, from, on, to, because }) => [String(row), from, on, to, because]),
    ),
};

const BLOCK = /(<!-- table: (\S+) -->\n)[\s\S]*?(<!-- end of table -->)/g;

/** The page with its tables as they must be. */
export const withTables = (page: string): string =>
  page.replace(BLOCK, (_all, head: string, name: string, end: string) => {
    const made = TABLES[name];
    if (!made) throw new Error(`there is no table ${name}`);
    return `${head}\n${made()}\n\n${end}`;
  });
