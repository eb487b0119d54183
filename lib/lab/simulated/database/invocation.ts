/**
 * One run of one function, and the fault point in front of every call that it makes. An invocation that died never hears
 * an answer again: what it awaits stays open for ever.
 */
import type { Scheduler } from '../scheduler';
import { type FaultRates, NO_FAULTS } from './setting';

export type Runner = 'prober' | 'step' | 'keeper' | 'renewer' | 'person' | 'pager';

/** Where a systematic test kills the first invocation that gets there. */
export interface CrashPoint {
  readonly runner: Runner;
  /** Counts the calls of that runner over the whole world, from 1. */
  readonly call: number;
  readonly when: 'before' | 'after';
}

export interface CallRecord {
  readonly atMs: number;
  readonly runner: Runner;
  readonly call: string;
  readonly fault?: string;
}

const DRAWN = ['latency', 'throttle', 'lostAnswer', 'crashBefore', 'crashAfter'] as const;
type Drawn = (typeof DRAWN)[number];

const TROUBLE: Readonly<Record<Drawn, string>> = {
  latency: 'slow calls',
  throttle: 'throttled calls',
  lostAnswer: 'lost answers',
  crashBefore: 'crashes before a call',
  crashAfter: 'crashes after a call',
};

/** Calls of one runner so far. An object, because it is counted up at every call of a world. */
interface Tally {
  calls: number;
}

/** What the fault points of one world share. */
export class FaultPoints {
  /** Chance that a call meets any fault, rounded up a little: `kindOf` has the last word. */
  private any: number;
  public readonly tallies: Readonly<Record<Runner, Tally>> = {
    prober: { calls: 0 },
    step: { calls: 0 },
    keeper: { calls: 0 },
    renewer: { calls: 0 },
    person: { calls: 0 },
    pager: { calls: 0 },
  };
  /** Told of every call. */
  public called: ((runner: Runner, call: string) => void) | undefined;
  /** Told of every fault. */
  public observed: ((record: CallRecord) => void) | undefined;

  public constructor(
    public readonly scheduler: Scheduler,
    public readonly uniform: () => number,
    private rates: FaultRates,
    private readonly endMs: number,
    public readonly crash?: CrashPoint,
    /** How often each kind of trouble was met. */
    public readonly met: Map<string, number> = new Map(),
  ) {
    this.any = anyOf(rates);
  }

  /** Calls that each runner made. */
  public get counts(): Readonly<Record<Runner, number>> {
    const { prober, step, keeper, renewer, person, pager } = this.tallies;
    return {
      prober: prober.calls,
      step: step.calls,
      keeper: keeper.calls,
      renewer: renewer.calls,
      person: person.calls,
      pager: pager.calls,
    };
  }

  /** What happens to the next call: one draw, because there are thousands of calls in a world. */
  public draw(): Drawn | undefined {
    if (this.scheduler.nowMs() >= this.endMs) return undefined;
    const drawn = this.uniform();
    return drawn < this.any ? this.kindOf(drawn) : undefined;
  }

  private kindOf(drawn: number): Drawn | undefined {
    let left = drawn;
    for (const kind of DRAWN) {
      left -= this.rates[kind];
      if (left < 0) return kind;
    }
    return undefined;
  }

  public meet(trouble: string): void {
    this.met.set(trouble, (this.met.get(trouble) ?? 0) + 1);
  }

  /** Rates that hold now: none once the faults have stopped. */
  public now(): FaultRates {
    return this.scheduler.nowMs() < this.endMs ? this.rates : NO_FAULTS;
  }

  /** No fault happens any more. */
  public stop(): void {
    this.rates = NO_FAULTS;
    this.any = 0;
  }

  /** Whether the systematic test kills here. */
  public kills(runner: Runner, when: 'before' | 'after', call: number): boolean {
    const { crash } = this;
    return crash !== undefined && crash.runner === runner && crash.when === when && crash.call === call;
  }
}

const anyOf = (rates: FaultRates) => DRAWN.reduce((sum, kind) => sum + rates[kind], 1e-9);

/** What a caller sees instead of an answer, per kind of fault. A port that throws in the real world throws here. */
export interface Failures<T> {
  readonly throttled: () => T;
  readonly lost: () => T;
}

export class Invocation {
  private dead = false;
  private readonly tally: Tally;

  public constructor(
    public readonly runner: Runner,
    private readonly points: FaultPoints,
    private readonly died: (because: string) => void,
  ) {
    this.tally = points.tallies[runner];
  }

  public get isDead(): boolean {
    return this.dead;
  }

  public kill(because: string): void {
    if (this.dead) return;
    this.dead = true;
    this.died(because);
  }

  /** Carries one call with whatever chance has in store for it. */
  public call<T>(name: string, effect: () => T, failures: Failures<T>): Promise<T> {
    if (this.dead) return never();
    const { points, runner } = this;
    this.tally.calls += 1;
    points.called?.(runner, name);
    if (points.crash) {
      const n = this.tally.calls;
      if (points.kills(runner, 'before', n)) return this.die(name, 'before');
      if (points.kills(runner, 'after', n)) return this.act(name, effect, 'crash');
    }
    const fault = points.draw();
    if (fault === undefined) return settled(effect);
    points.meet(TROUBLE[fault]);
    switch (fault) {
      case 'crashBefore':
        return this.die(name, 'before');
      case 'throttle':
        this.observe(name, 'throttled');
        return settled(failures.throttled);
      case 'crashAfter':
        return this.act(name, effect, 'crash');
      case 'lostAnswer':
        return this.act(name, effect, failures.lost);
      case 'latency': {
        const lateMs = Math.floor(20 + 3_000 * points.uniform() ** 3);
        return this.later(lateMs, () => (this.dead ? never<T>() : settled(effect)));
      }
    }
  }

  /** The effect happens, and the caller never learns of it. */
  private act<T>(name: string, effect: () => T, then: 'crash' | (() => T)): Promise<T> {
    settled(effect).catch(() => undefined);
    if (then === 'crash') return this.die(name, 'after');
    this.observe(name, 'answer lost');
    return settled(then);
  }

  /** Sleep of the caller. */
  public sleep(ms: number): Promise<void> {
    if (this.dead) return never();
    return this.later(ms, () => (this.dead ? never<void>() : Promise.resolve()));
  }

  private later<T>(ms: number, act: () => Promise<T>): Promise<T> {
    const { scheduler } = this.points;
    return new Promise((resolve) => scheduler.at(scheduler.nowMs() + Math.max(0, ms), () => resolve(act())));
  }

  private die<T>(name: string, when: string): Promise<T> {
    this.observe(name, `crashed ${when}`);
    this.kill(`crashed ${when} ${name}`);
    return never();
  }

  private observe(call: string, fault?: string): void {
    const { observed, scheduler } = this.points;
    observed?.({ atMs: scheduler.nowMs(), runner: this.runner, call, ...(fault === undefined ? {} : { fault }) });
  }
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

function settled<T>(answer: () => T): Promise<T> {
  try {
    return Promise.resolve(answer());
  } catch (error) {
    return Promise.reject(error as Error);
  }
}
