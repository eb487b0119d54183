/**
 * Gives an unchanged program the lab's clock: `node --require <this bundle> program.js` with LAB_SCALE (5 = five times
 * as fast) and LAB_EPOCH_MS (real Unix ms at which both clocks are equal). Time is scaled from outside; shipped code
 * has no switch for it.
 *
 * Scaled: Date, performance, process.hrtime, timeouts and intervals (callbacks and promises), AbortSignal.timeout,
 * socket time-outs, time-outs of DNS resolvers. Not scaled: setImmediate, microtasks, and waits inside the kernel.
 */
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { performance as nodePerformance } from 'node:perf_hooks';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { promisify } from 'node:util';
import { CLOCK_ENV, type Clock, toLabMs, toRealDelayMs } from './world/clock';

const RealDate = Date;
const realTimeOriginMs = nodePerformance.timeOrigin;
const realPerformanceNow = nodePerformance.now.bind(nodePerformance);
const realHrtime = process.hrtime.bigint.bind(process.hrtime);

function readClock(env: NodeJS.ProcessEnv): Clock {
  const number = (name: string, least: number) => {
    const value = Number(env[name]);
    if (env[name] === undefined || !Number.isFinite(value) || value <= least) {
      throw new Error(`scaled clock: ${name} is ${env[name] ?? 'missing'}; it must be a number above ${least}`);
    }
    return value;
  };
  return { scale: number(CLOCK_ENV.scale, 0), originMs: number(CLOCK_ENV.originMs, 0) };
}

/** Date, with "now" from the lab; everything else is the real Date. */
function scaleDate(clock: Clock): void {
  const nowMs = () => Math.floor(toLabMs(clock, RealDate.now()));
  const scaled = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [nowMs()] : args, newTarget) as object,
    apply: () => new RealDate(nowMs()).toString(),
    get: (target, key, receiver) => (key === 'now' ? nowMs : Reflect.get(target, key, receiver)),
  });
  RealDate.prototype.constructor = scaled;
  globalThis.Date = scaled;
}

function scaleMonotonicClocks(clock: Clock): void {
  Object.defineProperty(nodePerformance, 'now', { value: () => realPerformanceNow() * clock.scale, configurable: true });
  Object.defineProperty(nodePerformance, 'timeOrigin', { value: toLabMs(clock, realTimeOriginMs), configurable: true });
  const bigint = () => BigInt(Math.round(Number(realHrtime()) * clock.scale));
  const hrtime = (before?: [number, number]): [number, number] => {
    const nowNs = bigint() - (before ? BigInt(before[0]) * 1_000_000_000n + BigInt(before[1]) : 0n);
    return [Number(nowNs / 1_000_000_000n), Number(nowNs % 1_000_000_000n)];
  };
  process.hrtime = Object.assign(hrtime, { bigint });
}

function scaleTimers(clock: Clock): void {
  const real = (ms: unknown) => (typeof ms === 'number' && ms > 0 ? toRealDelayMs(clock, ms) : ms);
  const scaled = <F>(call: F, delayAt: number): F => {
    const target = call as (...args: unknown[]) => unknown;
    return ((...args: unknown[]) => target(...args.map((a, i) => (i === delayAt ? real(a) : a)))) as F;
  };

  const promised = {
    setTimeout: scaled(timersPromises.setTimeout, 0),
    setInterval: scaled(timersPromises.setInterval, 0),
  };
  const { scheduler } = timersPromises;
  Object.assign(timersPromises, promised, {
    scheduler: { wait: scaled(scheduler.wait.bind(scheduler), 0), yield: () => scheduler.yield() },
  });

  const setTimeout = Object.assign(scaled(timers.setTimeout, 1), { [promisify.custom]: promised.setTimeout });
  const setInterval = scaled(timers.setInterval, 1);
  for (const place of [globalThis, timers]) Object.assign(place, { setTimeout, setInterval });

  const timeoutSignal = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (ms) => timeoutSignal(Math.ceil(toRealDelayMs(clock, ms)));
}

/** HTTP and SDK time-outs end in `socket.setTimeout`, which uses timers of Node's own. */
function scaleSockets(clock: Clock): void {
  const setTimeout = net.Socket.prototype.setTimeout;
  net.Socket.prototype.setTimeout = function (this: net.Socket, ms: number, callback?: () => void) {
    return setTimeout.call(this, toRealDelayMs(clock, ms), callback);
  };
  const faster = (options?: dns.ResolverOptions): dns.ResolverOptions | undefined =>
    options?.timeout !== undefined && options.timeout > 0
      ? { ...options, timeout: Math.ceil(toRealDelayMs(clock, options.timeout)) }
      : options;
  const { Resolver } = dns;
  const { Resolver: PromiseResolver } = dns.promises;
  dns.Resolver = class extends Resolver {
    constructor(options?: dns.ResolverOptions) {
      super(faster(options));
    }
  };
  dns.promises.Resolver = class extends PromiseResolver {
    constructor(options?: dns.ResolverOptions) {
      super(faster(options));
    }
  };
}

const clock = readClock(process.env);
scaleDate(clock);
scaleMonotonicClocks(clock);
scaleTimers(clock);
scaleSockets(clock);
// For ES modules that were preloaded before this file; later ones see the change anyway.
syncBuiltinESMExports();
