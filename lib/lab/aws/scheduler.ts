import type { Time } from '../../runtime/ports';
import { type AwsCall, AwsFault, type AwsReply, type AwsService, arnOf, type Claim } from './call';
import { json, jsonError } from './protocols';

export interface LabSchedule {
  readonly arn: string;
  readonly atMs: number;
  readonly targetArn: string;
  readonly input: unknown;
}

interface CreateSchedule {
  readonly ScheduleExpression?: string;
  readonly GroupName?: string;
  readonly Target?: { readonly Arn: string; readonly RoleArn: string; readonly Input?: string };
  readonly FlexibleTimeWindow?: { readonly Mode: string };
  readonly ActionAfterCompletion?: string;
}

/** EventBridge Scheduler: one-shot schedules that really fire, in UTC. */
export class Scheduler implements AwsService {
  public readonly name = 'scheduler';
  public readonly fail = jsonError;
  private readonly schedules = new Map<string, LabSchedule>();
  private closed = false;

  /**
   * @param fire invokes the target of a schedule that is due
   * @param lateMs how much after its time a schedule fires; AWS promises the minute only
   */
  public constructor(
    private readonly time: Time,
    private readonly groups: readonly string[],
    private readonly fire: (schedule: LabSchedule) => void,
    private readonly lateMs = 0,
  ) {}

  public answer(call: AwsCall, claim: Claim): AwsReply {
    const name = /^\/schedules\/([^/]+)$/.exec(call.path)?.[1];
    if (!name) throw new AwsFault('UnknownOperationException', `the lab does not play ${call.method} ${call.path}`, 404);
    if (call.method === 'POST') return this.create(call, decodeURIComponent(name), claim);
    if (call.method === 'DELETE') return this.remove(call, decodeURIComponent(name), claim);
    throw new AwsFault('UnknownOperationException', `the lab does not play ${call.method} ${call.path}`, 404);
  }

  public all(): readonly LabSchedule[] {
    return [...this.schedules.values()];
  }

  public close(): void {
    this.closed = true;
  }

  private create(call: AwsCall, name: string, claim: Claim): AwsReply {
    const request = JSON.parse(call.body.toString()) as CreateSchedule;
    const arn = this.arn(call, request.GroupName, name);
    claim('scheduler:CreateSchedule', arn);
    if (request.Target) claim('iam:PassRole', request.Target.RoleArn);
    const atMs = oneShotMs(request.ScheduleExpression);
    if (!request.Target || !request.FlexibleTimeWindow)
      throw new AwsFault('ValidationException', 'Target and FlexibleTimeWindow are required');
    if (!/^[\w.-]{1,64}$/.test(name)) throw new AwsFault('ValidationException', `Invalid schedule name ${name}`);
    if (atMs < this.time.nowMs()) throw new AwsFault('ValidationException', 'Invalid Schedule Expression: time is in the past');
    if (this.schedules.has(arn)) throw new AwsFault('ConflictException', `Schedule ${name} already exists.`, 409);
    const schedule = { arn, atMs, targetArn: request.Target.Arn, input: JSON.parse(request.Target.Input ?? '{}') as unknown };
    this.schedules.set(arn, schedule);
    void this.await(schedule, request.ActionAfterCompletion === 'DELETE');
    return json({ ScheduleArn: arn });
  }

  private remove(call: AwsCall, name: string, claim: Claim): AwsReply {
    const arn = this.arn(call, call.query.get('groupName') ?? undefined, name);
    claim('scheduler:DeleteSchedule', arn);
    if (!this.schedules.delete(arn)) throw new AwsFault('ResourceNotFoundException', `Schedule ${name} does not exist.`, 404);
    return json({});
  }

  private arn(call: AwsCall, group = 'default', name: string): string {
    if (!this.groups.includes(`${call.region}/${group}`))
      throw new AwsFault('ResourceNotFoundException', `Schedule group ${group} does not exist.`, 404);
    return arnOf('scheduler', call.region, `schedule/${group}/${name}`);
  }

  private async await(schedule: LabSchedule, deleteAfter: boolean): Promise<void> {
    const dueMs = schedule.atMs + this.lateMs;
    while (this.time.nowMs() < dueMs) await this.time.sleep(Math.min(dueMs - this.time.nowMs(), LONGEST_SLEEP_MS));
    // A schedule that was removed, or removed and made again, must not fire.
    if (this.closed || this.schedules.get(schedule.arn) !== schedule) return;
    this.fire(schedule);
    if (deleteAfter) this.schedules.delete(schedule.arn);
  }
}

/** A timer of Node that is longer than 2^31 ms fires at once. */
const LONGEST_SLEEP_MS = 86_400_000;

function oneShotMs(expression = ''): number {
  const at = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(expression)?.[1];
  if (!at) throw new AwsFault('ValidationException', `Invalid Schedule Expression ${expression}.`);
  return Date.parse(`${at}Z`);
}
