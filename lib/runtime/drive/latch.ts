import type { PairRegistration } from '../../contracts/registration';
import {
  adoptGeneration,
  alarmSays,
  beaconLatch,
  DOUBT_MS,
  doubtTold,
  type Expired,
  expire,
  judgeLatch,
  type LatchSign,
  type LatchVerdict,
  latchAlarms,
  noteDoubt,
  wantedOf,
  wishText,
} from '../../decide/latch';
import type { Alarms, Announcer, Dns, Journal, Log, Time } from '../ports';
import type { LatchPanel } from '../ports/database';
import { isUnknown, type Said, tell } from './drill/context';
import { beaconAt, patiently, serversOf } from './drill/look';
import { transact } from './transact';

export interface LatchPorts {
  readonly time: Time;
  readonly log: Log;
  readonly journal: Journal;
  readonly dns: Dns;
  readonly alarms: Alarms;
  readonly latchPanel: LatchPanel;
  readonly announcer: Announcer;
}

const REPEAT_MS = 600_000;
const PUBLISH_TRIES = 3;

/** A pair that can be latched. */
export type LatchedPair = PairRegistration & { readonly latch: NonNullable<PairRegistration['latch']> };

export const hasLatch = (registration: PairRegistration): registration is LatchedPair => registration.latch !== undefined;

/**
 * One minute of a latch: ends what has an end, says again what the journal wants, and looks whether that is what Route 53 does.
 * What users feel comes first, then people are told.
 *
 * @throws Error when something could not be said or seen, after everything else was
 */
export async function keepLatch(registration: LatchedPair, ports: LatchPorts): Promise<void> {
  const { pair, latch } = registration;
  const { journal, time } = ports;
  const ended = await transact(journal, pair, (item) => expire(item, time.nowMs()));
  const adopted = await transact(journal, pair, (item) => adoptGeneration(item, latch.generation));
  const trouble: string[] = [];
  for (const duty of [
    () => publish(registration, ports),
    () => compare(registration, ports),
    () => tellEnds(registration, ended, ports),
    async () => (adopted.kind === 'refused' ? tellGeneration(registration, adopted.because, ports) : undefined),
  ]) {
    try {
      await duty();
    } catch (error) {
      trouble.push((error as Error).message);
    }
  }
  if (trouble.length > 0) throw new Error(trouble.join('; '));
}

/**
 * Publishes what the journal wants, and looks once more: an order may have come in between, and of two datapoints in one
 * minute the one that says "on" counts. A pair whose journal knows no writer was never latched by us, and is left to whoever
 * does it by hand.
 */
async function publish(registration: LatchedPair, { journal, latchPanel, time }: LatchPorts): Promise<void> {
  let said = '';
  for (let n = 0; n < PUBLISH_TRIES; n += 1) {
    const database = (await journal.read(registration.pair))?.database;
    if (!database) return;
    const wanted = wantedOf(database.latch, time.nowMs());
    const now = JSON.stringify([wanted, database.writerName]);
    if (now === said) return;
    const published = await latchPanel.publish(registration, wanted, database.writerName);
    if (published !== 'published') throw new Error(`the latch was not published: ${published.because}`);
    said = now;
  }
}

async function tellEnds(registration: LatchedPair, ended: Expired, ports: LatchPorts): Promise<void> {
  const { recordName } = registration;
  const note = { action: 'note', severity: 'warning' } as const;
  if (ended.hold) {
    const summary = `The hold of ${recordName} by ${ended.hold.by} is over: users follow the health of the primary again`;
    await say(registration, ports, { ...note, type: 'hold-ended', summary });
  }
  if (ended.pause) {
    const summary = `The pause of ${recordName} is over: automation acts again`;
    await say(registration, ports, { ...note, type: 'pause-ended', summary });
  }
}

async function tellGeneration(registration: LatchedPair, because: string, ports: LatchPorts): Promise<void> {
  const { pair, latch, recordName } = registration;
  // Said again while it lasts: a stack that waits for approval may still be stopped.
  const turn = Math.floor(ports.time.nowMs() / REPEAT_MS);
  if (!(await ports.journal.once(`latch-generation#${pair}#${latch.generation}#${turn}`))) return;
  await say(registration, ports, {
    type: 'latch-generation',
    incidentKey: `${pair}/latch/g${latch.generation}`,
    action: 'trigger',
    severity: 'critical',
    summary: `${recordName}: ${because}`,
  });
}

async function compare(registration: LatchedPair, ports: LatchPorts): Promise<void> {
  const { time, journal } = ports;
  const database = (await journal.read(registration.pair))?.database;
  if (!database) return;
  const wanted = { ...wantedOf(database.latch, time.nowMs()), writers: database.writerName };
  const verdict = judgeLatch(wanted, await look(registration, Object.keys(wanted.writers), ports));
  const key = wishText(wanted);
  const { kind } = await transact(journal, registration.pair, (found) => noteDoubt(found, verdict, key, time.nowMs()));
  if (kind !== 'quiet') {
    await say(registration, ports, kind === 'resolve' ? ours(registration, key) : notOurs(registration, key, verdict));
    await transact(journal, registration.pair, (found) => doubtTold(found, kind));
  }
  if (verdict.kind === 'unknown') throw new Error(verdict.because.join('; '));
}

const notOurs = ({ recordName }: LatchedPair, wanted: string, verdict: LatchVerdict): LatchWords => {
  const because = verdict.kind === 'ours' ? [] : verdict.because;
  return {
    type: 'latch-not-ours',
    action: 'trigger',
    severity: 'critical',
    summary: `The latch of ${recordName} is not what the journal wants for more than ${DOUBT_MS / 60_000} min: ${because.join('; ')}`,
    details: { code: 'LatchNotOurs', wanted, because },
  };
};

const ours = ({ recordName }: LatchedPair, wanted: string): LatchWords => ({
  type: 'latch-ours',
  action: 'resolve',
  severity: 'info',
  summary: `The latch of ${recordName} is what the journal wants again: ${wanted}`,
});

/** Metric by its alarm, and Route 53's verdict by the beacon at every server of the zone. */
async function look(registration: LatchedPair, candidates: readonly string[], ports: LatchPorts): Promise<readonly LatchSign[]> {
  const [metric, beacon] = await Promise.all([lookAtAlarms(registration, candidates, ports), lookAtBeacons(registration, ports)]);
  return [...metric, ...beacon];
}

async function lookAtAlarms(
  { namespace, pair, latch }: LatchedPair,
  candidates: readonly string[],
  { alarms, time }: LatchPorts,
): Promise<readonly LatchSign[]> {
  const all = latchAlarms(namespace, pair, latch.generation, candidates);
  const states = await patiently(time, () =>
    alarms.states(
      latch.region,
      all.map(({ name }) => name),
    ),
  );
  return all.map(({ what, name }) => ({
    what,
    source: `alarm ${name}`,
    says: isUnknown(states) ? 'unknown' : alarmSays((states as Readonly<Record<string, string>>)[name]),
  }));
}

async function lookAtBeacons(registration: LatchedPair, { dns, time }: LatchPorts): Promise<readonly LatchSign[]> {
  const servers = await patiently(time, () => serversOf(dns, registration));
  if (isUnknown(servers)) return [{ what: 'latch', source: 'beacon', says: 'unknown' }];
  return Promise.all(
    servers.map(async (server) => ({
      what: 'latch' as const,
      source: `beacon at ${server}`,
      says: beaconLatch(await patiently(time, () => beaconAt(dns, server, registration.latch.beacons.latch))),
    })),
  );
}

type LatchWords = Omit<Said, 'incidentKey'>;

/** One incident per pair for everything about its latch. */
const say = (registration: LatchedPair, ports: LatchPorts, said: LatchWords & Partial<Said>) =>
  tell(ports, registration, 'keeper', { incidentKey: `${registration.pair}/latch`, ...said });
