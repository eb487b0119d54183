import { type ChildProcess, fork } from 'node:child_process';
import type { Time } from '../../runtime/ports';
import { arnOf, type FunctionHost, type InvokeResult } from '../aws';
import type { InvokeMessage, RunnerMessage } from '../lambda-runner';

export interface LabFunction {
  /** Name as deployed. */
  readonly name: string;
  readonly region: string;
  /** Folder under `assets`. */
  readonly bundle: string;
  readonly timeoutSec: number;
  /** Environments at once; an invocation above it is throttled. Absent: no limit. */
  readonly reservedConcurrency?: number;
  /** Environments that are started beforehand. @default 1 */
  readonly warm?: number;
  readonly environment: Readonly<Record<string, string>>;
}

export interface FunctionFiles {
  /** Folder with `<bundle>/index.js`. */
  readonly assets: string;
  /** `lambda-runner.js` of the command line's bundles. */
  readonly runner: string;
  /** `scaled-clock.js`, required first. */
  readonly scaledClock: string;
  /** The command line itself, for whoever plays a person. */
  readonly cli: string;
}

export type FunctionEvent =
  | {
      readonly kind: 'started' | 'ended' | 'failed' | 'killed';
      readonly name: string;
      readonly event: unknown;
      readonly because?: string;
    }
  | { readonly kind: 'output'; readonly name: string; readonly text: string };

interface Environment {
  readonly child: ChildProcess;
  readonly of: LabFunction;
  /** Settles once the bundle is loaded, or the process is gone. */
  readonly ready: Promise<void>;
  busy?: { readonly event: unknown; readonly settle: (result: InvokeResult) => void };
}

/** Wait before Lambda tries a failed asynchronous invocation again. */
const ASYNC_RETRY_MS = [60_000, 120_000];

/** Runs the shipped bundles in child processes: warm when it can, a new one when all are busy, as Lambda does. */
export class ProcessHost implements FunctionHost {
  private readonly environments = new Set<Environment>();
  private readonly outputs: string[] = [];
  private nextId = 1;
  private readonly lost = new Set<string>();
  private closed = false;

  public constructor(
    private readonly time: Time,
    private readonly functions: readonly LabFunction[],
    private readonly files: FunctionFiles,
    private readonly heard: (event: FunctionEvent) => void = () => undefined,
  ) {}

  public has(name: string, region: string): boolean {
    return this.find(name, region) !== undefined;
  }

  public environmentOf(name: string, region: string): Readonly<Record<string, string>> {
    return this.find(name, region)?.environment ?? {};
  }

  public async invoke(name: string, region: string, event: unknown): Promise<InvokeResult> {
    const target = this.find(name, region);
    if (this.lost.has(region)) return { kind: 'failed', errorType: 'Lab.RegionIsGone', message: `${region} is gone` };
    if (!target || this.closed) return { kind: 'failed', errorType: 'ResourceNotFoundException', message: `no function ${name}` };
    const environment = this.idle(target) ?? this.launch(target);
    if (!environment) return { kind: 'failed', errorType: 'Lambda.TooManyRequestsException', message: 'Rate Exceeded.' };
    const id = this.nextId++;
    this.heard({ kind: 'started', name, event });
    const result = await new Promise<InvokeResult>((settle) => {
      environment.busy = { event, settle };
      const deadlineMs = this.time.nowMs() + 1_000 * target.timeoutSec;
      const functionArn = arnOf('lambda', region, `function:${name}`);
      environment.child.send({ id, event, deadlineMs, functionArn } satisfies InvokeMessage, (error) => {
        if (error) settle(exited(id, error.message));
      });
      void this.time.sleep(1_000 * target.timeoutSec).then(() => {
        if (environment.busy?.settle !== settle) return;
        settle({
          kind: 'failed',
          errorType: 'Sandbox.Timedout',
          message: `RequestId: lab-${id} Error: Task timed out after ${target.timeoutSec}.00 seconds`,
        });
        this.drop(environment);
        // For the same reason somebody stands ready in its place.
        if (!this.closed && !this.idle(target)) this.launch(target);
      });
    });
    environment.busy = undefined;
    this.heard(
      result.kind === 'done'
        ? { kind: 'ended', name, event }
        : { kind: 'failed', name, event, because: `${result.errorType}: ${result.message}` },
    );
    return result;
  }

  public invokeLater(name: string, region: string, event: unknown): void {
    void (async () => {
      for (const waitMs of [...ASYNC_RETRY_MS, undefined]) {
        const result = await this.invoke(name, region, event);
        if (result.kind === 'done' || waitMs === undefined) return;
        await this.time.sleep(waitMs);
      }
    })();
  }

  /**
   * Starts environments of each function and waits until all have loaded. The start of a process cannot be scaled: at
   * five times real time it would take as long as nothing on AWS takes.
   */
  public async warmUp(): Promise<void> {
    const started = this.functions.flatMap((one) => Array.from({ length: one.warm ?? 1 }, () => this.launch(one)));
    await Promise.all(started.map((environment) => environment?.ready));
  }

  /** Kills whatever carries `name` now, in the middle, with SIGKILL. @returns how many were killed */
  public kill(name: string): number {
    const victims = [...this.environments].filter((one) => one.of.name === name && one.busy);
    for (const victim of victims) {
      this.heard({ kind: 'killed', name, event: victim.busy?.event });
      victim.child.kill('SIGKILL');
    }
    return victims.length;
  }

  /** A Region is gone: whatever ran there is killed, and nothing starts. */
  public lose(region: string): void {
    this.lost.add(region);
    for (const { of, child } of this.environments) if (of.region === region) child.kill('SIGKILL');
  }

  public regain(region: string): void {
    this.lost.delete(region);
  }

  /** What functions wrote to their logs, oldest first. */
  public log(): readonly string[] {
    return this.outputs;
  }

  public async close(): Promise<void> {
    this.closed = true;
    await Promise.all(
      [...this.environments].map(
        ({ child }) =>
          new Promise<void>((resolve) => {
            if (child.exitCode !== null || child.signalCode !== null) return resolve();
            child.once('exit', () => resolve());
            child.kill('SIGKILL');
          }),
      ),
    );
  }

  private find(name: string, region: string): LabFunction | undefined {
    return this.functions.find((one) => one.name === name && one.region === region);
  }

  private idle(target: LabFunction): Environment | undefined {
    return [...this.environments].find((one) => one.of === target && !one.busy && one.child.connected);
  }

  private launch(target: LabFunction): Environment | undefined {
    const running = [...this.environments].filter((one) => one.of === target).length;
    if (target.reservedConcurrency !== undefined && running >= target.reservedConcurrency) return undefined;
    const child = fork(this.files.runner, [`${this.files.assets}/${target.bundle}/index.js`], {
      execArgv: ['--require', this.files.scaledClock],
      // Nothing of the user's own environment reaches a function: no real credentials, no proxy.
      env: { NODE_NO_WARNINGS: '1', AWS_LAMBDA_FUNCTION_NAME: target.name, ...target.environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const ready = new Promise<void>((resolve) => {
      child.once('message', () => resolve());
      child.once('exit', () => resolve());
    });
    const environment: Environment = { child, of: target, ready };
    this.environments.add(environment);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.outputs.push(`${target.name}: ${text.trimEnd()}`);
        this.heard({ kind: 'output', name: target.name, text });
      });
    }
    child.on('message', (message: RunnerMessage) => {
      if (message.kind === 'answer') environment.busy?.settle({ kind: 'done', answer: message.answer });
      if (message.kind === 'error')
        environment.busy?.settle({ kind: 'failed', errorType: message.errorType, message: message.message });
    });
    child.on('exit', (code, signal) => {
      this.environments.delete(environment);
      environment.busy?.settle(exited(child.pid ?? 0, `exit ${signal ?? code}`));
    });
    child.on('error', (error) => environment.busy?.settle(exited(child.pid ?? 0, error.message)));
    return environment;
  }

  private drop(environment: Environment): void {
    this.environments.delete(environment);
    environment.child.kill('SIGKILL');
  }
}

const exited = (id: number, how: string): InvokeResult => ({
  kind: 'failed',
  errorType: 'Runtime.ExitError',
  message: `RequestId: lab-${id} Error: Runtime exited with error: ${how}`,
});
