import { type AslError, type AslMachine, type WalkEnd, type WalkHooks, walk } from './asl';
import { type AwsCall, AwsFault, type AwsReply, type AwsService, arnOf, type Claim } from './call';
import { json, jsonError } from './protocols';

/** One execution of a machine, as the lab's view and assertions see it. */
export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly input: string;
  readonly startedAtMs: number;
  /** Settles when the execution ends. */
  readonly ended: Promise<WalkEnd>;
}

export interface LabMachine {
  readonly region: string;
  readonly name: string;
  readonly definition: AslMachine;
}

/** What a walk needs, told with the name of the machine that is walked. */
export interface MachineHooks extends Omit<WalkHooks, 'context' | 'entered' | 'retrying' | 'stopped'> {
  entered?(state: string, machine: string): void;
  retrying?(state: string, error: AslError, machine: string): void;
}

/** Step Functions, Standard workflows: StartExecution, idempotent by name and input while the execution runs. */
export class StepFunctions implements AwsService {
  public readonly name = 'states';
  public readonly fail = jsonError;
  private readonly executions = new Map<string, Execution & { running: boolean; stopped: boolean }>();

  public constructor(
    private readonly machines: readonly LabMachine[],
    private readonly hooks: MachineHooks,
  ) {}

  public answer(call: AwsCall, claim: Claim): AwsReply {
    const operation = call.headers['x-amz-target']?.split('.')[1];
    const request = JSON.parse(call.body.toString()) as { stateMachineArn: string; name: string; input?: string };
    claim(`states:${operation}`, request.stateMachineArn);
    if (operation !== 'StartExecution')
      throw new AwsFault('UnknownOperationException', `the lab does not play states:${operation}`);
    if (!/^[\w-]{1,80}$/.test(request.name)) throw new AwsFault('InvalidName', `Invalid Name: '${request.name}'`);
    const machine = this.machines.find(
      (one) => arnOf('states', one.region, `stateMachine:${one.name}`) === request.stateMachineArn,
    );
    if (!machine || machine.region !== call.region) {
      throw new AwsFault('StateMachineDoesNotExist', `State Machine Does Not Exist: '${request.stateMachineArn}'`);
    }
    const execution = this.start(machine, request.name, request.input ?? '{}');
    return json({ executionArn: execution.arn, startDate: execution.startedAtMs / 1_000 });
  }

  /** All executions, oldest first. */
  public all(): readonly Execution[] {
    return [...this.executions.values()];
  }

  /** Stops whatever runs, as StopExecution by hand does: a call that is on its way is not taken back. */
  public stopAll(): void {
    for (const execution of this.executions.values()) execution.stopped = true;
  }

  /** Starts another execution, as a person would by hand. */
  public startByHand(machineName: string, name: string, input: unknown): Execution {
    const machine = this.machines.find((one) => one.name === machineName);
    if (!machine) throw new Error(`no machine is called ${machineName}`);
    return this.start(machine, name, JSON.stringify(input));
  }

  private start(machine: LabMachine, name: string, input: string): Execution {
    const arn = arnOf('states', machine.region, `execution:${machine.name}:${name}`);
    const known = this.executions.get(arn);
    if (known?.running && known.input === input) return known;
    if (known) throw new AwsFault('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    const startedAtMs = this.hooks.time.nowMs();
    const context = {
      Execution: { Id: arn, Name: name, Input: JSON.parse(input) as unknown, StartTime: new Date(startedAtMs).toISOString() },
      StateMachine: { Id: arnOf('states', machine.region, `stateMachine:${machine.name}`), Name: machine.name },
    };
    const state = { running: true, stopped: false };
    const { time, task, entered, retrying } = this.hooks;
    const ended = walk(machine.definition, JSON.parse(input), {
      time,
      task,
      context,
      entered: (at) => entered?.(at, machine.name),
      retrying: (at, error) => retrying?.(at, error, machine.name),
      stopped: () => state.stopped,
    });
    const execution = Object.assign(state, { arn, name, input, startedAtMs, ended });
    this.executions.set(arn, execution);
    void ended.finally(() => {
      execution.running = false;
    });
    return execution;
  }
}
