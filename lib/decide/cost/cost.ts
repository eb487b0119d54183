import { RENEW_MS } from '../database/lease';
import { FAILED_TICKS, TICK_MS } from '../database/witnesses';
import { PROBER_SUFFIX, RENEWER_SUFFIX } from '../names';
import { type FactId, fact, numberOf } from '../timings';
import { firesPerMonth, RESOURCE, type Template, type TemplateResource, targetOf } from './template';

/** One kind of thing on the bill. */
export interface CostLine {
  readonly what: string;
  readonly count: number;
  readonly usdPerMonth: number;
  /** Always a list price that was not read by us from the vendor's price list. */
  readonly provenance: string;
  readonly source: string;
}

export interface Cost {
  readonly lines: readonly CostLine[];
  readonly usdPerMonth: number;
  /** What is billed by use, and so not counted. */
  readonly notCounted: string;
  /** What else one could buy for the same purpose. */
  readonly beside: readonly CostLine[];
}

/** Duration of one invocation that a schedule starts. */
const INVOCATION_SEC = 1;
/** A run of the prober ends once the next one, started a minute later, has looked as often as a verdict takes. */
const PROBER_RUN_SEC = 60 + (FAILED_TICKS * TICK_MS) / 1_000;
/** A run of the renewer ends with the first renewal of the next one. */
export const RENEWER_RUN_SEC = 60 + RENEW_MS / 1_000;
const LEAST_MEMORY_MB = 128;
const RUNS_PER_MONTH = 730 * 60;

/** Monthly cost of what the templates deploy, at list prices and without free tiers: an upper bound for what is counted. */
export function monthlyCost(templates: readonly Template[]): Cost {
  const all = templates.flatMap((template) => Object.values(template.resources));
  const of = (type: string) => all.filter((resource) => resource.Type === type);
  const lines = [
    ...checkLines(of(RESOURCE.check)),
    counted(
      'metrics of alarms',
      'price.alarm',
      of(RESOURCE.alarm)
        .map(metricsOf)
        .reduce((sum, n) => sum + n, 0),
    ),
    counted('customer-managed keys', 'price.key', of(RESOURCE.key).length),
    counted('secrets', 'price.secret', of(RESOURCE.secret).length),
    ...scheduledLines(templates),
  ].filter((line) => line.count > 0);
  return {
    lines,
    usdPerMonth: cents(lines.reduce((sum, line) => sum + line.usdPerMonth, 0)),
    notCounted: `the sites, DNS queries, logs, custom metrics, storage, messages, reads of heartbeats, events of a failover (${usdPerMillion('price.event')} USD a million, ${provenanceOf('price.event')}), drills and data transfer`,
    beside: alternatives(),
  };
}

/** An alarm on an expression is billed for each metric that it reads. */
function metricsOf({ Properties: properties }: TemplateResource): number {
  const queries = properties?.['Metrics'];
  if (!Array.isArray(queries)) return 1;
  return queries.filter((query: Readonly<Record<string, unknown>>) => query['MetricStat'] !== undefined).length;
}

const cents = (usd: number) => Math.round(usd * 100) / 100;
const usdPerMillion = (id: FactId) => cents(numberOf(id, 'USD') * 1_000_000);
const provenanceOf = (id: FactId) => `assumed (list price, ${fact(id).date})`;

function counted(what: string, id: FactId, count: number, usdEach = numberOf(id, 'USD/month')): CostLine {
  return { what, count, usdPerMonth: cents(count * usdEach), provenance: provenanceOf(id), source: fact(id).source };
}

/**
 * Endpoint checks are priced as those of endpoints outside AWS: from a template nobody can tell, and it is the dearer kind.
 * Calculated and alarm checks are basic ones.
 */
function checkLines(checks: readonly TemplateResource[]): readonly CostLine[] {
  const groups = new Map<string, { count: number; usd: number }>();
  for (const check of checks) {
    const { what, usd } = checkPrice((check.Properties?.['HealthCheckConfig'] ?? {}) as Readonly<Record<string, unknown>>);
    const group = groups.get(what) ?? { count: 0, usd };
    groups.set(what, { count: group.count + 1, usd });
  }
  return [...groups].map(([what, { count, usd }]) => counted(what, 'price.check.other', count, usd));
}

function checkPrice(config: Readonly<Record<string, unknown>>): { readonly what: string; readonly usd: number } {
  const type = String(config['Type'] ?? '');
  if (type === 'CALCULATED' || type === 'CLOUDWATCH_METRIC' || type === 'RECOVERY_CONTROL') {
    return { what: 'health checks without an endpoint', usd: numberOf('price.check.aws', 'USD/month') };
  }
  const fast = Number(config['RequestInterval']) === numberOf('check.interval.fast', 's');
  const options = [
    ...(type.startsWith('HTTPS') ? ['HTTPS'] : []),
    ...(fast ? ['fast interval'] : []),
    ...(type.endsWith('STR_MATCH') ? ['search string'] : []),
    ...(config['MeasureLatency'] === true ? ['latency'] : []),
  ];
  const usd = numberOf('price.check.other', 'USD/month') + options.length * numberOf('price.check.option.other', 'USD/month');
  return { what: `health checks${options.length > 0 ? ` with ${options.join(', ')}` : ''}`, usd };
}

/** What schedules start by themselves. Prober and renewer run all the time; everything else is done in a second. */
function scheduledLines(templates: readonly Template[]): readonly CostLine[] {
  const all = templates.flatMap(scheduledOf);
  const named = (suffix: string) => all.filter(({ name }) => name.endsWith(suffix));
  const [probers, renewers] = [named(PROBER_SUFFIX), named(RENEWER_SUFFIX)];
  const others = all.filter((one) => !probers.includes(one) && !renewers.includes(one));
  return [
    invocations(`scheduled invocations, ${INVOCATION_SEC} s each (assumed)`, others, INVOCATION_SEC),
    invocations(`prober, ${PROBER_RUN_SEC} s each minute (assumed)`, probers, PROBER_RUN_SEC),
    invocations(`renewer of a lease, ${RENEWER_RUN_SEC} s each minute (assumed)`, renewers, RENEWER_RUN_SEC),
  ];
}

interface Scheduled {
  readonly perMonth: number;
  readonly memoryMb: number;
  /** Name of the function; empty where it is not in this stack. */
  readonly name: string;
}

/** A schedule whose target is no function of its own stack is taken for one of the largest. */
function scheduledOf({ resources }: Template): Scheduled[] {
  const functions = Object.values(resources).filter(({ Type }) => Type === RESOURCE.function);
  const memoryOf = (one: TemplateResource) => Number(one.Properties?.['MemorySize'] ?? LEAST_MEMORY_MB);
  const largestMb = Math.max(LEAST_MEMORY_MB, ...functions.map(memoryOf));
  return Object.values(resources)
    .filter(({ Type }) => Type === RESOURCE.schedule || Type === RESOURCE.rule)
    .map((schedule) => {
      const target = resources[targetOf(schedule) ?? ''];
      const isFunction = target?.Type === RESOURCE.function;
      return {
        perMonth: firesPerMonth(schedule.Properties?.['ScheduleExpression']) ?? 0,
        memoryMb: target && isFunction ? memoryOf(target) : largestMb,
        name: isFunction ? String(target?.Properties?.['FunctionName'] ?? '') : '',
      };
    });
}

function invocations(what: string, scheduled: readonly Scheduled[], sec: number): CostLine {
  const usdOf = ({ perMonth, memoryMb }: Scheduled) =>
    perMonth * (numberOf('price.lambda.request', 'USD') + (memoryMb / 1_024) * sec * numberOf('price.lambda.gb-s', 'USD'));
  return {
    what,
    count: Math.round(scheduled.reduce((sum, one) => sum + one.perMonth, 0)),
    usdPerMonth: cents(scheduled.reduce((sum, one) => sum + usdOf(one), 0)),
    provenance: provenanceOf('price.lambda.request'),
    source: fact('price.lambda.request').source,
  };
}

function alternatives(): readonly CostLine[] {
  return [
    counted('ARC Region switch, per plan', 'price.arc.plan', 1),
    counted('ARC routing-control cluster', 'price.arc.cluster', 1),
    counted('canary, a run each minute', 'price.canary.run', 1, RUNS_PER_MONTH * numberOf('price.canary.run', 'USD')),
  ];
}
