import type { Journal, Machine, Time } from '../../lib/runtime/ports';

/** Called around every call of a port; may count, or let the process die before or after the effect. */
export type Hook = (call: string, phase: 'before' | 'after') => 'live' | 'die';

const NEVER = new Promise<never>(() => undefined);

/** One run of one function. When it dies, its call and every later one never come back. */
export abstract class Mortal<Ports> {
  public readonly died: Promise<never>;
  private dead = false;
  private sayDied: (error: Error) => void = () => undefined;

  constructor(protected readonly hook: Hook = () => 'live') {
    this.died = new Promise((_, reject) => {
      this.sayDied = reject;
    });
    this.died.catch(() => undefined);
  }

  public abstract ports(): Ports;

  /** Lambda's own end of a call that takes too long. */
  public kill(because: string): void {
    this.dead = true;
    this.sayDied(new Error(because));
  }

  public async run<T>(work: (ports: Ports) => Promise<T>): Promise<T> {
    return Promise.race([work(this.ports()), this.died]);
  }

  protected time(time: Time): Time {
    return {
      nowMs: () => time.nowMs(),
      sleep: (ms) => (this.dead ? NEVER : time.sleep(ms).then(() => (this.dead ? NEVER : undefined))),
    };
  }

  protected journal(journal: Journal): Journal {
    return this.mortal('journal', {
      read: (pair) => journal.read(pair),
      write: (item, seen) => journal.write(item, seen),
      once: (key) => journal.once(key),
    });
  }

  protected machine(executions: Map<string, unknown>): Machine {
    return this.mortal<Machine>('machine', {
      start: async (name, input) => {
        const kind = executions.has(name) ? ('exists' as const) : ('started' as const);
        if (kind === 'started') executions.set(name, input);
        return { kind, execution: `execution:${name}` };
      },
    });
  }

  protected mortal<T extends object>(port: string, calls: T): T {
    const wrapped = Object.entries(calls).map(([name, call]) => [
      name,
      async (...given: unknown[]) => {
        if (this.dead || this.dies(`${port}.${name}`, 'before')) return NEVER;
        const answer = await (call as (...args: unknown[]) => Promise<unknown>)(...given);
        return this.dead || this.dies(`${port}.${name}`, 'after') ? NEVER : answer;
      },
    ]);
    return Object.fromEntries(wrapped) as T;
  }

  private dies(call: string, phase: 'before' | 'after'): boolean {
    if (this.hook(call, phase) === 'live') return false;
    this.dead = true;
    this.sayDied(new Error(`died ${phase} ${call}`));
    return true;
  }
}
