import type { DatabaseRegistration } from '../../../contracts/database';
import type { PairRegistration } from '../../../contracts/registration';
import { acquire, isAbandoned, settle, standingAgainst, takeUp } from '../../../decide/database/order-rules';
import { incidentKey, watchKey } from '../../../decide/database/run-rules';
import type { DatabaseRun, DatabaseState } from '../../../decide/database/state';
import { decideTrigger, pageAfterMs, type TriggerDecision } from '../../../decide/database/trigger';
import {
  clearSuspicion,
  clearWriter,
  failureOf,
  noteOver,
  notePaged,
  noteSuspicion,
  noteTelling,
} from '../../../decide/database/watch-rules';
import type { JournalItem } from '../../../decide/journal';
import { type Said, tell } from '../drill/context';
import { transact } from '../transact';
import { beaconVerdict } from './look';
import type { PairMemory } from './memory';
import type { ProberPorts } from './prober';
import { type Evidence, gather } from './witness';

export const membersOf = (database: DatabaseRegistration) => ({
  source: database.source.id,
  replicas: database.replicas.map((member) => member.id),
  generation: database.latch.generation,
});

/** One look at one pair: observe, decide, act, record. */
export async function tick(
  ports: ProberPorts,
  registration: PairRegistration,
  database: DatabaseRegistration,
  memory: PairMemory,
): Promise<void> {
  const { pair } = registration;
  memory.ticks += 1;
  const item = await transact(ports.journal, pair, (found) => settle(found, pair, membersOf(database), ports.time.nowMs()));
  const state = item.database;
  if (!state) throw new Error(`the journal of ${pair} has no database`);
  memory.leaseLost = undefined;
  if (state.run) return tend(ports, registration, state, state.run, memory);
  if (state.active !== 'primary') return;
  const evidence = await gather(ports, registration, database, memory, state.writer);
  const nowMs = ports.time.nowMs();
  if (!evidence.anything) {
    await recovered(ports, registration, item, state);
    return;
  }
  const suspect = await transact(ports.journal, pair, (found) => noteEvidence(found, evidence, memory, nowMs));
  const decision = decideTrigger({
    words: evidence.words,
    policy: database.trigger,
    writerForMs: suspect?.writerSinceMs === undefined ? 0 : nowMs - suspect.writerSinceMs,
    notReady: await notReady(ports, registration, item, state, evidence),
  });
  ports.log.info(`trigger: ${decision.outcome}`, { pair, row: decision.row, because: decision.because });
  if (decision.outcome !== 'failover') return page(ports, registration, item, decision, memory, suspect?.sinceMs ?? nowMs);
  await begin(ports, registration, database, item, memory);
}

function noteEvidence(found: JournalItem | undefined, evidence: Evidence, memory: PairMemory, nowMs: number) {
  if (evidence.words.writer.says === 'alive') {
    const cleared = clearWriter(found);
    if (cleared.kind === 'write') return { ...cleared, answer: cleared.item.database?.suspect };
  }
  const { writerSinceMs, gapsMs, unheardMs, excess } = memory;
  const because = Object.values(evidence.words).map((word) => word.because);
  const outside = evidence.words.outside.says;
  const writer = writerSinceMs === undefined ? {} : { writerSinceMs, gapsMs, unheardMs, excess };
  return noteSuspicion(found, { nowMs, outside, ...writer, because });
}

/** Asked only once the witnesses speak: beacon and probe of the standby, and what the journal forbids. */
async function notReady(
  ports: ProberPorts,
  registration: PairRegistration,
  item: JournalItem,
  state: DatabaseState,
  evidence: Evidence,
): Promise<readonly string[]> {
  if (evidence.words.probe.says !== 'failed') return [];
  const because = standingAgainst(item, state, ports.time.nowMs(), true);
  if (state.unprotectedSinceMs !== undefined) because.push('no replica could take over');
  const { standby } = registration.beacons;
  if (standby === undefined) return [...because, 'the standby has no beacon'];
  const verdict = await beaconVerdict(ports, registration, standby);
  if (verdict.kind !== 'healthy') because.push(`the standby is not known to be healthy: ${verdict.because}`);
  return because;
}

/** Takes the epoch, then starts the machine by its name: whoever dies in between is followed by the next tick. */
async function begin(
  ports: ProberPorts,
  registration: PairRegistration,
  database: DatabaseRegistration,
  item: JournalItem,
  memory: PairMemory,
): Promise<void> {
  const { pair } = registration;
  const nowMs = ports.time.nowMs();
  const answer = await transact(ports.journal, pair, (found) => {
    const suspect = found?.database?.suspect;
    return acquire(found, {
      pair,
      kind: 'failover',
      startedBy: 'prober',
      automatic: true,
      seenEpoch: item.epoch,
      nowMs,
      ...failureOf(suspect, nowMs),
      ...(memory.leaseRvn === undefined ? {} : { leaseRvn: memory.leaseRvn }),
      members: membersOf(database),
    });
  });
  if (answer.kind === 'refused') return ports.log.info('the pair was not taken', { pair, because: answer.because });
  await startMachine(ports, pair, answer.run);
}

/** Starts the machine of a run; the same name again is no second run. */
export async function startMachine(ports: Pick<ProberPorts, 'machine' | 'log'>, pair: string, run: DatabaseRun) {
  const name = run.adopted ? `${run.id}-a${run.adopted}` : run.id;
  const started = await ports.machine.start(name, { pair, run: run.id, epoch: run.epoch });
  if (started.kind === 'unknown') ports.log.error('the machine was not started', { pair, run: run.id, because: started.because });
  return started;
}

/** A run whose first step never began may have no runner yet; a stuck one keeps a person's attention. */
async function tend(
  ports: ProberPorts,
  registration: PairRegistration,
  state: DatabaseState,
  run: DatabaseRun,
  memory: PairMemory,
): Promise<void> {
  if (state.state !== 'STUCK' && isAbandoned(run, ports.time.nowMs())) await carryOn(ports, registration, run);
  else if (Object.keys(run.steps).length === 0) await startMachine(ports, registration.pair, run);
  if (state.state !== 'STUCK' || memory.stuckPaged) return;
  await tell(ports, registration, 'prober', {
    type: 'failover-stuck',
    incidentKey: incidentKey(registration.pair, run.epoch),
    epoch: run.epoch,
    action: 'trigger',
    severity: 'critical',
    summary: `${registration.pair} is stuck at epoch ${run.epoch}: ${(run.stuckBecause ?? []).join('; ')}; mend that, then failover adopt ${registration.pair} --epoch ${run.epoch}`,
    details: { run: run.id },
  });
  memory.stuckPaged = true;
}

/** Its execution was stopped, or died with the service that carried it. */
async function carryOn(ports: ProberPorts, registration: PairRegistration, run: DatabaseRun): Promise<void> {
  const { pair } = registration;
  const key = { run: run.id, epoch: run.epoch };
  const taken = await transact(ports.journal, pair, (found) => takeUp(found, key, ports.time.nowMs()));
  if (taken.kind === 'refused') return;
  const started = await startMachine(ports, pair, taken.run);
  const what = started.kind === 'unknown' ? `could not be started: ${started.because}` : 'was started';
  await tell(ports, registration, 'prober', {
    type: 'run-taken-up',
    incidentKey: incidentKey(pair, run.epoch),
    epoch: run.epoch,
    action: 'trigger',
    severity: 'critical',
    summary: `${pair}: nobody carried ${run.id} any more; execution ${taken.run.adopted} of it ${what}`,
    details: { run: run.id },
  });
}

const PAGES: Readonly<Record<string, { readonly type: string; readonly severity: Said['severity'] }>> = {
  ask: { type: 'failover-needs-person', severity: 'critical' },
  blocked: { type: 'failover-blocked', severity: 'critical' },
  database: { type: 'database-incident', severity: 'critical' },
  traffic: { type: 'traffic-incident', severity: 'error' },
  partition: { type: 'partition-suspected', severity: 'error' },
  outside: { type: 'outside-view-broken', severity: 'error' },
};

/**
 * Pages an outcome once it has lasted, once per suspicion. That it will be told is noted before, so that its incident is closed
 * whoever dies here; that it was told is noted after: twice is better than never.
 */
async function page(
  ports: ProberPorts,
  registration: PairRegistration,
  item: JournalItem,
  decision: TriggerDecision,
  memory: PairMemory,
  suspectSinceMs: number,
): Promise<void> {
  const { pair } = registration;
  const nowMs = ports.time.nowMs();
  const lastsMs = memory.lasts(decision.outcome, nowMs);
  const due = pageAfterMs(decision.outcome);
  const what = PAGES[decision.outcome];
  if (!due || !what || lastsMs < due.lastsMs || nowMs - suspectSinceMs < due.suspectMs) return;
  const journal = await ports.journal.read(pair);
  if (journal?.database?.suspect?.paged?.includes(decision.outcome)) return;
  if (!(await transact(ports.journal, pair, (found) => noteTelling(found, decision.outcome)))) return;
  await tell(ports, registration, 'prober', {
    ...what,
    incidentKey: watchKey(pair, decision.outcome),
    epoch: item.epoch,
    action: 'trigger',
    summary: `${pair}: ${decision.because.slice(0, 2).join('; ')}`,
    details: { row: decision.row, because: decision.because },
  });
  await transact(ports.journal, pair, (found) => notePaged(found, decision.outcome));
}

/**
 * Resolves what was paged, and the incident of a run that was given up. What cannot be told throws, so that the next tick
 * tells it.
 */
async function recovered(ports: ProberPorts, registration: PairRegistration, item: JournalItem, state: DatabaseState) {
  if (!state.suspect) return;
  const { pair } = registration;
  for (const key of await transact(ports.journal, pair, noteOver)) {
    await tell(ports, registration, 'prober', {
      type: 'primary-recovered',
      incidentKey: key,
      epoch: item.epoch,
      action: 'resolve',
      severity: 'info',
      summary: `${pair}: no witness speaks against the primary any more`,
    });
  }
  await transact(ports.journal, pair, clearSuspicion);
}
