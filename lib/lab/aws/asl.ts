/** Walks the part of the Amazon States Language that our machines use: Task, Choice, Wait, Succeed, Fail; JSONPath. */
import type { Time } from '../../runtime/ports';

export interface AslRetrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
}

/** One state as it is deployed. Fields that its type does not use are absent. */
export interface AslState {
  readonly Type: string;
  readonly Next?: string;
  readonly End?: boolean;
  readonly Resource?: string;
  readonly Parameters?: unknown;
  readonly ResultSelector?: unknown;
  readonly InputPath?: string;
  readonly OutputPath?: string;
  readonly ResultPath?: string | null;
  readonly TimeoutSeconds?: number;
  readonly Retry?: readonly AslRetrier[];
  readonly Catch?: readonly {
    readonly ErrorEquals: readonly string[];
    readonly ResultPath?: string | null;
    readonly Next: string;
  }[];
  readonly Choices?: readonly AslRule[];
  readonly Default?: string;
  readonly Seconds?: number;
  readonly SecondsPath?: string;
  readonly Error?: string;
  readonly Cause?: string;
}

export interface AslRule {
  readonly Next?: string;
  readonly And?: readonly AslRule[];
  readonly Or?: readonly AslRule[];
  readonly Not?: AslRule;
  readonly Variable?: string;
  readonly [comparison: string]: unknown;
}

export interface AslMachine {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, AslState>>;
}

/** A failure with the error name that Retry and Catch match. */
export class AslError extends Error {
  public constructor(
    public readonly error: string,
    public readonly reason: string,
  ) {
    super(`${error}: ${reason}`);
  }
}

export interface WalkHooks {
  readonly time: Time;
  /** Carries a Task; rejects with an `AslError`. */
  task(resource: string, parameters: unknown): Promise<unknown>;
  entered?(state: string): void;
  retrying?(state: string, error: AslError, attempt: number): void;
  /** True once somebody stopped the execution: no further state is entered. */
  stopped?(): boolean;
  /** Told how many events the history has so far. */
  recorded?(events: number): void;
  /** `$$` of the execution. */
  readonly context: unknown;
}

export type WalkEnd =
  | { readonly status: 'SUCCEEDED'; readonly output: unknown }
  | { readonly status: 'FAILED'; readonly error: string; readonly cause: string };

/**
 * Events that the history of one Standard execution may have; an execution that needs more is failed by the service.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
 */
export const HISTORY_EVENTS_MAX = 25_000;

/** Every state is entered and left, and each attempt of a task is scheduled, started and answered. */
const STATE_EVENTS = 2;
const ATTEMPT_EVENTS = 3;

/** Counts the events that Step Functions would write into the history of an execution. */
class History {
  private events = 1;

  public constructor(private readonly told: ((events: number) => void) | undefined) {}

  public add(events: number): void {
    this.events += events;
    this.told?.(this.events);
    if (this.events <= HISTORY_EVENTS_MAX) return;
    throw new AslError('States.Runtime', `the history has more than ${HISTORY_EVENTS_MAX} events`);
  }
}

export async function walk(machine: AslMachine, input: unknown, hooks: WalkHooks): Promise<WalkEnd> {
  let name = machine.StartAt;
  let data = input;
  const history = new History(hooks.recorded?.bind(hooks));
  for (;;) {
    if (hooks.stopped?.()) return { status: 'FAILED', error: 'States.Aborted', cause: 'the execution was stopped' };
    const state = machine.States[name];
    if (!state) return { status: 'FAILED', error: 'States.Runtime', cause: `no state is called ${name}` };
    hooks.entered?.(name);
    try {
      history.add(STATE_EVENTS);
      const step = await enter(name, state, data, hooks, history);
      if (step.kind === 'end') return { status: 'SUCCEEDED', output: step.data };
      name = step.next;
      data = step.data;
    } catch (error) {
      if (!(error instanceof AslError)) throw error;
      return { status: 'FAILED', error: error.error, cause: error.reason };
    }
  }
}

type Step =
  | { readonly kind: 'next'; readonly next: string; readonly data: unknown }
  | { readonly kind: 'end'; readonly data: unknown };

async function enter(name: string, state: AslState, data: unknown, hooks: WalkHooks, history: History): Promise<Step> {
  switch (state.Type) {
    case 'Task':
      return carryTask(name, state, data, hooks, history);
    case 'Choice': {
      const next = state.Choices?.find((rule) => matches(rule, data))?.Next ?? state.Default;
      if (!next) throw new AslError('States.NoChoiceMatched', `no rule of ${name} matched`);
      return { kind: 'next', next, data };
    }
    case 'Wait':
      await hooks.time.sleep(1_000 * Number(state.SecondsPath ? read(data, state.SecondsPath, hooks.context) : state.Seconds));
      return after(state, data);
    case 'Succeed':
      return { kind: 'end', data };
    case 'Fail':
      throw new AslError(state.Error ?? 'States.TaskFailed', state.Cause ?? '');
    default:
      throw new AslError('States.Runtime', `the lab does not walk states of type ${state.Type}`);
  }
}

const after = (state: AslState, data: unknown): Step =>
  state.Next ? { kind: 'next', next: state.Next, data } : { kind: 'end', data };

async function carryTask(name: string, state: AslState, data: unknown, hooks: WalkHooks, history: History): Promise<Step> {
  const used = new Map<AslRetrier, number>();
  for (;;) {
    try {
      history.add(ATTEMPT_EVENTS);
      const given = state.InputPath ? read(data, state.InputPath, hooks.context) : data;
      const parameters = state.Parameters === undefined ? given : fill(state.Parameters, given, hooks.context);
      const raw = await limited(hooks.task(state.Resource ?? '', parameters), state.TimeoutSeconds, hooks.time);
      const result = state.ResultSelector === undefined ? raw : fill(state.ResultSelector, raw, hooks.context);
      return after(state, place(data, state.ResultPath, result));
    } catch (error) {
      if (!(error instanceof AslError)) throw error;
      if (await retried(name, state, error, used, hooks)) continue;
      const catcher = state.Catch?.find((one) => covers(one.ErrorEquals, error.error));
      if (!catcher) throw error;
      return {
        kind: 'next',
        next: catcher.Next,
        data: place(data, catcher.ResultPath, { Error: error.error, Cause: error.reason }),
      };
    }
  }
}

/** Only the first retrier that covers an error counts, and each counts its own attempts. */
async function retried(
  name: string,
  state: AslState,
  error: AslError,
  used: Map<AslRetrier, number>,
  hooks: WalkHooks,
): Promise<boolean> {
  const retrier = state.Retry?.find((one) => covers(one.ErrorEquals, error.error));
  if (!retrier) return false;
  const attempt = used.get(retrier) ?? 0;
  if (attempt >= (retrier.MaxAttempts ?? 3)) return false;
  used.set(retrier, attempt + 1);
  hooks.retrying?.(name, error, attempt + 1);
  const waitSec = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** attempt;
  await hooks.time.sleep(1_000 * Math.min(waitSec, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY));
  return true;
}

/** `States.ALL` covers everything but these; `States.TaskFailed` everything but a timeout. */
const UNCOVERED = new Set(['States.DataLimitExceeded', 'States.Runtime']);

const covers = (names: readonly string[], error: string) =>
  names.includes(error) ||
  (names.includes('States.ALL') && !UNCOVERED.has(error)) ||
  (names.includes('States.TaskFailed') && !UNCOVERED.has(error) && error !== 'States.Timeout');

/** A task that is given up is not stopped: Lambda knows nothing of the machine's limit. */
function limited<T>(work: Promise<T>, limitSec: number | undefined, time: Time): Promise<T> {
  if (limitSec === undefined) return work;
  const late = time.sleep(1_000 * limitSec).then(() => {
    throw new AslError('States.Timeout', `no answer within ${limitSec} s`);
  });
  late.catch(() => undefined);
  return Promise.race([work, late]);
}

/** Reads `$`, `$.a.b` or `$$.Execution.Name`. */
function read(data: unknown, path: string, context: unknown): unknown {
  const value = look(path.startsWith('$$') ? context : data, path.replace(/^\$\$?/, ''));
  if (value === undefined) throw new AslError('States.Runtime', `the path '${path}' is not in the input`);
  return value;
}

function look(root: unknown, path: string): unknown {
  if (!/^(\.[A-Za-z_]\w*)*$/.test(path)) throw new AslError('States.Runtime', `the lab does not read the path $${path}`);
  return path
    .split('.')
    .slice(1)
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | null | undefined)?.[key], root);
}

/** Fills a template: a key that ends in `.$` holds a path. */
function fill(template: unknown, data: unknown, context: unknown): unknown {
  if (Array.isArray(template)) return template.map((one) => fill(one, data, context));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) =>
      key.endsWith('.$') ? [key.slice(0, -2), read(data, String(value), context)] : [key, fill(value, data, context)],
    ),
  );
}

/** Puts a result where `ResultPath` says: `$` replaces everything, null drops the result. */
function place(data: unknown, path: string | null | undefined, result: unknown): unknown {
  if (path === null) return data;
  if (path === undefined || path === '$') return result;
  const keys = path.split('.').slice(1);
  const put = (value: unknown, at: number): unknown => {
    const key = keys[at];
    if (key === undefined) return result;
    const record = (value ?? {}) as Record<string, unknown>;
    return { ...record, [key]: put(record[key], at + 1) };
  };
  return put(data, 0);
}

function matches(rule: AslRule, data: unknown): boolean {
  if (rule.And) return rule.And.every((one) => matches(one, data));
  if (rule.Or) return rule.Or.some((one) => matches(one, data));
  if (rule.Not) return !matches(rule.Not, data);
  const value = look(data, String(rule.Variable).replace(/^\$/, ''));
  if ('IsPresent' in rule) return (value !== undefined) === rule.IsPresent;
  if (value === undefined)
    throw new AslError(
      'States.Runtime',
      `Invalid path '${rule.Variable}': The choice state's condition path references an invalid value.`,
    );
  if ('StringEquals' in rule) return value === rule.StringEquals;
  if ('BooleanEquals' in rule) return value === rule.BooleanEquals;
  if ('NumericEquals' in rule) return value === rule.NumericEquals;
  throw new AslError('States.Runtime', `the lab does not know this comparison: ${JSON.stringify(rule)}`);
}
