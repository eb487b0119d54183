/** Who acts in a world: prober, keeper, executions with their step function, and people. All of them run production code. */
import type { DatabaseMember, DatabaseStepInput, DatabaseStepOutput } from '../../../contracts/database';
import type { FailoverEvent } from '../../../contracts/events';
import { longestDatabaseCallSec } from '../../../decide/database/machine';
import { adopt, approve, failback, failover, pause, switchover } from '../../../runtime/drive/database/orders';
import { probe } from '../../../runtime/drive/database/prober';
import { renew } from '../../../runtime/drive/database/renew';
import { databaseStep } from '../../../runtime/drive/database/step';
import { type ExecutionInput, runPlan } from '../../../runtime/drive/database/walk';
import { keepLatch } from '../../../runtime/drive/latch';
import type { Time } from '../../../runtime/ports';
import { Invocation, type Runner } from './invocation';
import { portsOf, type SimulatedPorts } from './ports';
import { LATCHED_PAIR, PAIR } from './registrations';
import { renewed, renewerPorts, renewerRuns } from './renewer';
import type { Ordered, Setting } from './setting';
import type { World } from './world';

/** Changes what one function reaches the world through: how a planted bug gets in. */
export type Decorate = (ports: SimulatedPorts, world: World, runner: Runner) => SimulatedPorts;

/** Walks one execution; a differential test walks the rendered machine instead. */
export type Walk = (
  input: ExecutionInput,
  carry: (input: DatabaseStepInput) => Promise<DatabaseStepOutput>,
  time: Time,
) => Promise<unknown>;

const MINUTE = 60_000;
/** A prober run may go on this long before Lambda ends it. */
const PROBER_LIMIT_MS = 150_000;
const KEEPER_LIMIT_MS = 60_000;
/** Seconds in which the platform tells that a function died. */
const DEATH_TOLD_MS = 1_500;

/** What a person may order, as they would. */
const ORDERS: Readonly<Record<Ordered, (ports: SimulatedPorts) => Promise<unknown>>> = {
  failover: (ports) => failover({ pair: PAIR, by: 'ann', force: 'she sees what the prober does not' }, ports),
  switchover: (ports) => switchover({ pair: PAIR, by: 'ann' }, ports),
  failback: (ports) => failback({ pair: PAIR, by: 'ann', writesStopped: true }, ports),
};

export interface CastOptions {
  readonly decorate?: Decorate;
  readonly walk?: Walk;
}

export class Cast {
  /** Executions under way. */
  public walking = 0;
  /** Every call of a step that was made, in order. */
  public readonly calls: { readonly step: string; readonly verdict: string }[] = [];
  private readonly walk: Walk;
  private readonly scriptEndMs: number;

  public constructor(
    private readonly world: World,
    private readonly options: CastOptions = {},
  ) {
    this.walk = options.walk ?? runPlan;
    this.scriptEndMs = scriptEnd(world.setting);
    world.startExecution = (_name, input) => this.execute(input as ExecutionInput);
    world.told = (event) => this.hear(event);
    this.everyMinute(0, () => this.prober());
    this.everyMinute(20_000, () => this.keeper());
    if (world.setting.lease) {
      for (const member of renewed(world)) this.everyMinute(2_000, () => this.renewer(member));
    }
    this.people();
  }

  private everyMinute(offsetMs: number, act: () => void): void {
    const { scheduler } = this.world;
    const again = (atMs: number) =>
      scheduler.at(atMs, () => {
        act();
        again(atMs + MINUTE);
      });
    again(scheduler.nowMs() + offsetMs);
  }

  private prober(): void {
    const { world } = this;
    const { skewMs } = world.setting;
    void this.invoke('prober', skewMs.prober, PROBER_LIMIT_MS, (ports) => probe(ports)).catch(() => undefined);
    if (world.uniform() < world.points.now().duplicate) {
      world.points.meet('probers twice at once');
      void this.invoke('prober', skewMs.prober, PROBER_LIMIT_MS, (ports) => probe(ports)).catch(() => undefined);
    }
  }

  private keeper(): void {
    void this.invoke('keeper', 0, KEEPER_LIMIT_MS, (ports) => keepLatch(LATCHED_PAIR, ports)).catch(() => undefined);
  }

  /** Beside its database; its next run takes over from the one before. */
  private renewer(member: DatabaseMember): void {
    const { world } = this;
    if (!renewerRuns(world, member.id)) return;
    const { primary } = world.setting.skewMs;
    const settings = { pair: PAIR, member };
    void this.invoke('renewer', primary, PROBER_LIMIT_MS, (_ports, invocation) =>
      renew(renewerPorts(world, invocation, primary), settings),
    ).catch(() => undefined);
  }

  /** Begins an execution; in a world with two runners somebody walks the same plan from a command line as well. */
  private execute(input: ExecutionInput): void {
    const { world } = this;
    this.run(input);
    if (!world.setting.twoRunners) return;
    world.points.meet('second runners of a run');
    world.scheduler.after(Math.floor(world.uniform() * 60_000), () => this.run(input));
  }

  private run(input: ExecutionInput): void {
    const { scheduler } = this.world;
    // A duty comes again each minute for as long as a Region is gone: nobody waits for its end.
    const counts = input.duty === undefined ? 1 : 0;
    this.walking += counts;
    const time: Time = {
      nowMs: () => scheduler.nowMs(),
      sleep: (ms) => new Promise((resolve) => scheduler.at(scheduler.nowMs() + Math.max(0, ms), resolve)),
    };
    const ended = () => {
      this.walking -= counts;
    };
    void this.walk(input, (one) => this.carry(one), time).then(ended, ended);
  }

  private async carry(input: DatabaseStepInput): Promise<DatabaseStepOutput> {
    const { world } = this;
    const work = (ports: SimulatedPorts) => databaseStep(input, ports);
    const limitMs = longestDatabaseCallSec() * 1_000;
    if (world.uniform() < world.points.now().duplicate) {
      const lateMs = world.uniform() < 0.5 ? 0 : Math.floor(world.uniform() * 120_000);
      world.points.meet(lateMs === 0 ? 'steps twice at once' : 'steps again, late and out of order');
      world.scheduler.after(
        lateMs,
        () => void this.invoke('step', world.setting.skewMs.step, limitMs, work).catch(() => undefined),
      );
    }
    const answer = await this.invoke('step', world.setting.skewMs.step, limitMs, work);
    this.calls.push({ step: input.step, verdict: answer.verdict });
    return answer;
  }

  /** The same invocation once more, for the test that it changes nothing. */
  public replay(input: DatabaseStepInput): Promise<DatabaseStepOutput> {
    return this.invoke('step', 0, MINUTE, (ports) => databaseStep(input, ports));
  }

  /** One run of one function. Its platform ends it at its limit, and says so a moment after it died. */
  private invoke<T>(
    runner: Runner,
    skewMs: number,
    limitMs: number,
    work: (ports: SimulatedPorts, invocation: Invocation) => Promise<T>,
  ): Promise<T> {
    const { world } = this;
    return new Promise<T>((resolve, reject) => {
      let cancel: () => void = () => undefined;
      const invocation = new Invocation(runner, world.points, (because) => {
        cancel();
        world.note(() => `${runner}: ${because}`);
        world.scheduler.after(DEATH_TOLD_MS, () => reject(new Error(because)));
      });
      cancel = world.scheduler.after(limitMs, () => invocation.kill(`no answer within ${limitMs} ms`));
      const ports = portsOf(world, invocation, skewMs);
      const end =
        <A>(act: (value: A) => void) =>
        (value: A) => {
          cancel();
          if (!invocation.isDead) act(value);
        };
      work(this.options.decorate?.(ports, world, runner) ?? ports, invocation).then(end(resolve), end(reject));
    });
  }

  private people(): void {
    const { world } = this;
    const { pause: away, orderedAtMs } = world.setting;
    if (away) {
      world.scheduler.at(away[0], () =>
        this.person(async (ports) => {
          const done = await pause({ pair: PAIR, by: 'ann', forMs: away[1] - away[0] }, ports);
          if (done.kind !== 'done') return;
          world.invariants.paused = { fromMs: world.nowMs(), untilMs: world.nowMs() + away[1] - away[0] };
          world.note(() => `ann: ${done.because}`);
        }),
      );
    }
    if (orderedAtMs !== undefined) {
      world.scheduler.at(orderedAtMs, () => {
        const { orderedRun } = world.setting;
        world.note(() => `ann orders a ${orderedRun}`);
        world.writesStopped = orderedRun === 'failback';
        return this.person(async (ports) => {
          const answer = await ORDERS[orderedRun](ports);
          world.note(() => `ann is told: ${JSON.stringify(answer)}`);
        });
      });
    }
  }

  /** People read their pages: they consent when asked, and take up what is stuck. */
  private hear(event: FailoverEvent): void {
    const { world } = this;
    const { consentAfterMs } = world.setting;
    if (event.type === 'failover-needs-consent' && consentAfterMs !== undefined) {
      const lossMs = Number(event.details?.['lossMs']);
      const order = { pair: PAIR, by: 'bob', epoch: event.epoch, lossMs };
      world.scheduler.after(consentAfterMs, () => {
        world.note(() => `bob consents to ${lossMs} ms at epoch ${event.epoch}`);
        return this.person(async (ports) => {
          // Noted first: a command whose answer is lost may have been heard.
          world.invariants.consents.set(event.epoch, lossMs);
          await approve(order, ports);
        });
      });
    }
    if (event.type === 'failover-stuck') {
      world.scheduler.after(5 * MINUTE, () => {
        world.note(() => `bob adopts epoch ${event.epoch}`);
        return this.person((ports) => adopt({ pair: PAIR, by: 'bob', epoch: event.epoch }, ports));
      });
    }
  }

  /** A person tries again when a command fails. */
  private person(work: (ports: SimulatedPorts) => Promise<unknown>, tries = 5): void {
    const again = () => {
      if (tries > 1) this.world.scheduler.after(10_000, () => this.person(work, tries - 1));
    };
    this.invoke('person', 0, MINUTE, work).then(() => undefined, again);
  }

  /** True while a script still has something in store, or had a moment ago. */
  public scripted(nowMs: number): boolean {
    return this.scriptEndMs > nowMs - SETTLES_MS;
  }
}

/** What follows from the last edge of a script shows within this time: a verdict, a latch, and a page. */
const SETTLES_MS = 150_000;

/** The last thing that a script has in store. */
function scriptEnd({ siteDown, writerDown, linkDown, renewerDown, blind, pause: away, orderedAtMs }: Setting): number {
  const spans = [
    ...siteDown,
    ...writerDown,
    ...linkDown,
    ...renewerDown,
    ...Object.values(blind).flat(),
    ...(away ? [away] : []),
  ];
  return Math.max(orderedAtMs ?? 0, ...spans.flat().filter((edge) => edge < Number.MAX_SAFE_INTEGER));
}
