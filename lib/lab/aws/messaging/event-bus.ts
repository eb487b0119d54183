import { randomUUID } from 'node:crypto';
import type { Time } from '../../../runtime/ports';
import { type AwsCall, AwsFault, type AwsReply, type AwsService, arnOf, type Claim, LAB_ACCOUNT } from '../call';
import { json, jsonError } from '../protocols';

interface Entry {
  readonly Source?: string;
  readonly DetailType?: string;
  readonly Detail?: string;
  readonly Time?: number;
  readonly EventBusName?: string;
}

/** An event as rules and targets get it. */
export interface BusEvent {
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  readonly region: string;
  readonly time: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

const DEFAULT_BUS = 'default';

/** EventBridge: PutEvents onto default event buses, which keep what they got. */
export class EventBridge implements AwsService {
  public readonly name = 'events';
  public readonly fail = jsonError;
  /** While true, calls succeed and every entry in them is refused. */
  public refusing = false;
  private readonly kept: BusEvent[] = [];

  public constructor(private readonly time: Pick<Time, 'nowMs'>) {}

  /** All that was put, oldest first. */
  public events(): readonly BusEvent[] {
    return this.kept;
  }

  public answer(call: AwsCall, claim: Claim): AwsReply {
    const operation = call.headers['x-amz-target']?.split('.')[1];
    const { Entries: entries = [] } = JSON.parse(call.body.toString()) as { readonly Entries?: readonly Entry[] };
    for (const bus of new Set(entries.map((entry) => entry.EventBusName ?? DEFAULT_BUS)))
      claim(`events:${operation}`, arnOf('events', call.region, `event-bus/${bus}`));
    if (operation !== 'PutEvents') throw new AwsFault('UnknownOperationException', `the lab does not play events:${operation}`);
    if (entries.length < 1 || entries.length > 10)
      throw new AwsFault('ValidationException', 'Member must have length between 1 and 10, inclusive: entries');
    const answers = entries.map((entry) => this.take(entry, call.region));
    return json({ FailedEntryCount: answers.filter((answer) => 'ErrorCode' in answer).length, Entries: answers });
  }

  private take(entry: Entry, region: string) {
    const { Source: source, DetailType: type, Detail: text, Time: atSec } = entry;
    if (this.refusing) return { ErrorCode: 'InternalFailure', ErrorMessage: 'the bus is out of order' };
    if (entry.EventBusName !== undefined && entry.EventBusName !== DEFAULT_BUS)
      return { ErrorCode: 'ResourceNotFoundException', ErrorMessage: `Event bus ${entry.EventBusName} does not exist.` };
    if (!source || !type || !text)
      return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Source, DetailType and Detail are required.' };
    const detail = objectOf(text);
    if (!detail) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
    const id = randomUUID();
    const time = new Date(atSec === undefined ? this.time.nowMs() : atSec * 1000).toISOString();
    this.kept.push({ id, 'detail-type': type, source, account: LAB_ACCOUNT, region, time, detail });
    return { EventId: id };
  }
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
