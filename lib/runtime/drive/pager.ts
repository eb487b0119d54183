import {
  type AlarmNow,
  type DrillVerdict,
  drillVerdict,
  type Findings,
  HEARTBEAT,
  isTooOld,
  judgeAlarm,
  judgeAnswer,
  judgeOwn,
  judgeOwnResolve,
  PAGER_METRIC,
  type Page,
  pageFor,
  parseMessage,
  type Received,
  retryDelaySec,
  type SeverityMap,
  type Source,
  type SourceVerdict,
  sourceToAsk,
} from '../../decide/alert';
import type {
  Alarms,
  AlertQueue,
  Chance,
  Journal,
  Log,
  PagerDuty,
  PagerMetrics,
  QueuedMessage,
  RoutingKeys,
  Time,
} from '../ports';

export interface PagerPorts {
  readonly time: Pick<Time, 'nowMs'>;
  readonly chance: Chance;
  readonly keys: RoutingKeys;
  readonly pagerDuty: PagerDuty;
  readonly queue: AlertQueue;
  readonly alarms: Alarms;
  /** Absent: every page is real. */
  readonly journal?: Pick<Journal, 'read'>;
  readonly metrics: PagerMetrics;
  readonly log: Log;
}

export interface PagerSettings {
  readonly severities: SeverityMap;
  /** No message is begun later than this, in ms after the start; the others come back at once. */
  readonly startWithinMs: number;
}

type Outcome =
  | { readonly kind: 'not sent'; readonly because?: string }
  /** `againSec`: nobody knew whether it was over, so the message comes back and its source is asked then. */
  | { readonly kind: 'delivered'; readonly because?: string; readonly againSec?: number }
  | { readonly kind: 'retry'; readonly because: string; readonly delaySec: number }
  | { readonly kind: 'dead-letter'; readonly because: string };

interface Handled {
  readonly outcome: Outcome;
  readonly received?: Received;
  readonly page?: Page;
  readonly findings?: Findings;
}

/**
 * Sends each message and returns the ids of those that the queue must deliver again. Messages go out one after the other
 * in the order of arrival; sending one twice does no harm, because incidents have a key.
 */
export async function drivePager(
  messages: readonly QueuedMessage[],
  settings: PagerSettings,
  ports: PagerPorts,
): Promise<string[]> {
  const startedAtMs = ports.time.nowMs();
  const again: string[] = [];
  for (const message of [...messages].sort((a, b) => a.sentAtMs - b.sentAtMs)) {
    const late = ports.time.nowMs() - startedAtMs > settings.startWithinMs;
    const handled: Handled = late
      ? { outcome: { kind: 'retry', because: 'this call has no time left for it', delaySec: 1 } }
      : await handle(message, settings, ports).catch((error: unknown) => ({
          outcome: retry(message, ports, `the sender failed: ${error instanceof Error ? error.message : String(error)}`),
        }));
    const outcome = await settle(message, handled.outcome, ports);
    if (delayOf(outcome) !== undefined) again.push(message.id);
    report(message, { ...handled, outcome }, ports);
  }
  return again;
}

async function handle(message: QueuedMessage, settings: PagerSettings, ports: PagerPorts): Promise<Handled> {
  const received = parseMessage(message.body, message.id, message.sentAtMs);
  const verdict = await askSource(received, message, ports);
  if (verdict?.kind === 'superseded') return { received, outcome: { kind: 'not sent', because: verdict.because } };
  if (verdict?.kind === 'wait') return { received, outcome: retry(message, ports, verdict.because, verdict.atLeastSec) };

  const findings = verdict?.kind === 'over' ? { overBecause: verdict.because } : await drillFindings(received, ports);
  const page = pageFor(received, settings.severities, findings);
  const outcome = await send(page, message, ports);
  if (outcome.kind !== 'delivered' || verdict?.kind !== 'send') return { received, page, findings, outcome };
  // It may have been overtaken while it went out.
  const after = received.alert.kind === 'own' && !verdict.unsure ? await askSource(received, message, ports) : verdict;
  if (after?.kind === 'over') {
    const overBecause = after.because;
    const closed = pageFor(received, settings.severities, { overBecause });
    return { received, page: closed, findings: { overBecause }, outcome: await send(closed, message, ports) };
  }
  const unsure = after?.kind === 'send' && after.unsure;
  return { received, page, findings, outcome: unsure ? askedAgain(message, ports, after.because) : outcome };
}

/** A page never waits for a source that does not answer; a page of what was over would stay open for ever. */
function askedAgain(message: QueuedMessage, ports: PagerPorts, because: string): Outcome {
  const later = retry(message, ports, because);
  return later.kind === 'retry' ? { kind: 'delivered', because, againSec: later.delaySec } : { kind: 'delivered', because };
}

/** Seconds until the queue delivers the message again; undefined when this was its end. */
const delayOf = (outcome: Outcome): number | undefined =>
  outcome.kind === 'retry' ? outcome.delaySec : outcome.kind === 'delivered' ? outcome.againSec : undefined;

/** A stale message may have been overtaken, so whoever said it is asked first. */
async function askSource(received: Received, message: QueuedMessage, ports: PagerPorts): Promise<SourceVerdict | undefined> {
  const source = sourceToAsk(received, message.attempt, ports.time.nowMs());
  if (!source) return undefined;
  const { alert } = received;
  if (source.kind === 'alarm') {
    if (alert.kind !== 'alarm') return undefined;
    return judgeAlarm(alert.state, await alarmNow(source, ports), ports.time.nowMs() - alert.atMs);
  }
  if (alert.kind !== 'own') return undefined;
  const { action, incidentKey } = alert.event;
  if (!ports.journal) return undefined;
  const judge = action === 'resolve' ? judgeOwnResolve : judgeOwn;
  return judge(incidentKey, await readJournal(source.pair, ports));
}

async function alarmNow(source: Extract<Source, { kind: 'alarm' }>, ports: PagerPorts): Promise<AlarmNow> {
  const states = await ports.alarms.states(source.region, [source.name]);
  if ('kind' in states && states.kind === 'unknown') return { kind: 'unknown', because: String(states.because) };
  return (states as Readonly<Record<string, AlarmNow>>)[source.name] ?? 'gone';
}

async function drillFindings({ alert }: Received, ports: PagerPorts): Promise<Findings> {
  if (alert.kind !== 'alarm' || alert.state === 'OK' || !alert.pair || !ports.journal) return {};
  const verdict: DrillVerdict = drillVerdict(await readJournal(alert.pair, ports), alert.name, ports.time.nowMs());
  return verdict.kind === 'drill' ? { drill: verdict.id } : { noDrillBecause: verdict.because };
}

async function readJournal(pair: string, ports: PagerPorts) {
  if (!ports.journal) return { kind: 'unknown' as const, because: 'this alert path reads no journal' };
  return ports.journal
    .read(pair)
    .catch((error: unknown) => ({ kind: 'unknown' as const, because: error instanceof Error ? error.message : String(error) }));
}

async function send(page: Page, message: QueuedMessage, ports: PagerPorts): Promise<Outcome> {
  const first = await ports.keys.read(false);
  if (first.kind === 'unknown') return retry(message, ports, `the routing key is unknown: ${first.because}`);
  const verdict = judgeAnswer(await ports.pagerDuty.post(page.endpoint, { ...page.body, routing_key: first.key }), false);
  if (verdict.kind !== 'check-key') return outcomeOf(verdict, message, ports);

  const second = await ports.keys.read(true);
  if (second.kind === 'unknown')
    return retry(message, ports, `${verdict.because}; the routing key is unknown: ${second.because}`);
  if (second.key === first.key)
    return { kind: 'dead-letter', because: `${verdict.because}; the secret still holds the same key` };
  return outcomeOf(
    judgeAnswer(await ports.pagerDuty.post(page.endpoint, { ...page.body, routing_key: second.key }), true),
    message,
    ports,
  );
}

function outcomeOf(verdict: ReturnType<typeof judgeAnswer>, message: QueuedMessage, ports: PagerPorts): Outcome {
  if (verdict.kind === 'done') return { kind: 'delivered' };
  if (verdict.kind === 'retry') return retry(message, ports, verdict.because, verdict.atLeastSec);
  return { kind: 'dead-letter', because: verdict.because };
}

function retry(message: QueuedMessage, ports: PagerPorts, because: string, atLeastSec = 0): Outcome {
  const ageMs = ports.time.nowMs() - message.sentAtMs;
  if (isTooOld(ageMs)) return { kind: 'dead-letter', because: `given up after ${Math.round(ageMs / 60_000)} min: ${because}` };
  return { kind: 'retry', because, delaySec: retryDelaySec(message.attempt, ports.chance.uniform(), atLeastSec) };
}

/** Tells the queue. What it cannot be told is tried again when the visibility time-out of the queue ends. */
async function settle(message: QueuedMessage, outcome: Outcome, ports: PagerPorts): Promise<Outcome> {
  try {
    if (outcome.kind === 'dead-letter') await ports.queue.bury(message, outcome.because);
    const delaySec = delayOf(outcome);
    if (delaySec !== undefined) await ports.queue.delay(message.receipt, delaySec);
    return outcome;
  } catch (error) {
    const because = `${outcome.because}; the queue refused: ${error instanceof Error ? error.message : String(error)}`;
    return { kind: 'retry', because, delaySec: delayOf(outcome) ?? 0 };
  }
}

/** One line and the metrics of one message. */
function report(message: QueuedMessage, { outcome, received, page, findings }: Handled, ports: PagerPorts): void {
  const ageMs = ports.time.nowMs() - message.sentAtMs;
  const heartbeat = received?.alert.kind === 'own' && received.alert.event.type === HEARTBEAT;
  const facts = {
    messageId: message.id,
    attempt: message.attempt,
    ageMs,
    shape: received?.alert.kind ?? 'unread',
    outcome: outcome.kind,
    ...(outcome.because ? { because: outcome.because } : {}),
    ...(outcome.kind === 'retry' ? { delaySec: outcome.delaySec } : {}),
    ...(page
      ? { key: page.key, action: page.body.event_action ?? 'change', severity: page.body.payload?.severity ?? 'none' }
      : {}),
    ...findings,
  };
  if (outcome.kind === 'dead-letter') ports.log.error('alert', facts);
  else ports.log.info('alert', facts);

  if (outcome.kind === 'retry')
    ports.metrics.publish({ [PAGER_METRIC.delay]: { value: Math.max(0, ageMs) / 1000, unit: 'Seconds' } });
  if (outcome.kind === 'dead-letter') ports.metrics.publish({ [PAGER_METRIC.deadLettered]: { value: 1, unit: 'Count' } });
  if (outcome.kind !== 'delivered') return;
  ports.metrics.publish({
    [PAGER_METRIC.delivered]: { value: 1, unit: 'Count' },
    ...(heartbeat ? { [PAGER_METRIC.heartbeat]: { value: 1, unit: 'Count' as const } } : {}),
  });
}
