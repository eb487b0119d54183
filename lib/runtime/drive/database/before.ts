/** The steps before the point of no return. Each can be undone, and each can be called again at any time. */

import {
  afterTry,
  type Fencing,
  fenceOrder,
  fenceWords,
  fencing,
  highestFence,
  type NamedFence,
  type RaisedFence,
  writesGoOn,
} from '../../../decide/database/fences';
import { leaseForRun } from '../../../decide/database/lease';
import { gateLoss } from '../../../decide/database/loss';
import { CONSENT_LIMIT_SEC, REPLAY_LIMIT_SEC } from '../../../decide/database/plan';
import { bestReplica, type Choice, gapOf } from '../../../decide/database/replica';
import {
  liftedLatchMs,
  noteAssessment,
  noteFence,
  noteResult,
  requestConsent,
  setLatch,
} from '../../../decide/database/run-rules';
import { lasting } from '../../../decide/database/words';
import { transact } from '../transact';
import { again, candidatesOf, done, idle, lost, type StepContext, type StepSaid, tellRunIfPossible, undo } from './context';
import { lowerLate } from './late-fence';
import { beaconVerdict, factsOf, writerIsBack } from './look';

/** The epoch was taken when the run began; here the world hears of it, and a lease follows it. */
export async function acquire(context: StepContext): Promise<StepSaid> {
  const { pair, key, run, database } = context;
  await tellRunIfPossible(context, {
    type: `${run.kind}-started`,
    action: 'trigger',
    severity: run.automatic || run.kind === 'failover' ? 'critical' : 'warning',
    summary: `${run.kind} of ${pair} began at epoch ${key.epoch}, by ${run.startedBy}${run.forced === undefined ? '' : `, against signs of life: ${run.forced}`}`,
    details: { run: run.id, automatic: run.automatic, ...(run.forced === undefined ? {} : { forced: run.forced }) },
  });
  return database.lease ? takeLease(context) : done(`epoch ${key.epoch} is held`);
}

async function takeLease({ ports, pair, key, run }: StepContext): Promise<StepSaid> {
  const { leases } = ports;
  const answer = leaseForRun(await leases.read(pair), run);
  if (answer.kind === 'held') return done(`epoch and lease ${key.epoch} are held`);
  if (answer.kind === 'without') return done(answer.because);
  if (answer.kind === 'undo') return undo(answer.because);
  if (answer.kind === 'again') return again(answer.because);
  const taken =
    answer.kind === 'offer'
      ? await leases.offer(pair, key.epoch, run.id)
      : await leases.take(pair, answer.rvn, key.epoch, run.id);
  if (taken === 'taken') return done(`epoch and lease ${key.epoch} are held`);
  return taken === 'lost' ? again('the lease changed meanwhile') : again(`the lease may not be taken: ${taken.because}`);
}

/** Looks at every candidate and fixes the best one and its loss. */
export async function assess(context: StepContext): Promise<StepSaid> {
  const back = await writerIsBack(context);
  if (back) return undo(back);
  const choice = await choose(context);
  if (choice.kind === 'none') return again('no replica can take over', ...choice.because);
  const { ports, pair, key } = context;
  const noted = await transact(ports.journal, pair, (item) => noteAssessment(item, key, choice.id, choice.loss));
  return noted.kind === 'lost' ? lost(noted.because) : done(...choice.because);
}

/** A consent to more loss than the limits allow widens them for its own run. */
async function choose({ ports, database, state, run }: StepContext): Promise<Choice> {
  const failedAtMs = run.failedAtMs ?? run.startedAtMs;
  const { sampleAgeMs } = database.limits;
  const lagMs = Math.max(database.limits.lagMs, run.consent?.lossMs ?? 0);
  const facts = await Promise.all(
    candidatesOf(database, state, run).map((member) =>
      factsOf(ports, database, member, failedAtMs, database.heartbeat ? gapOf(run, member.id) : {}),
    ),
  );
  return bestReplica(facts, state.writer, failedAtMs, { lagMs, sampleAgeMs });
}

/** Best effort where the primary is gone; demanded where both sides live, because nothing may be lost then. */
export async function stopWrites(context: StepContext): Promise<StepSaid> {
  const { ports, pair, key, database, run, step } = context;
  const planned = run.kind !== 'failover';
  if (planned && database.kind === 'auroraGlobal') return idle('the service stops writes itself in a switchover');
  if (run.writesStopped) return idle(`${run.startedBy} says that nothing writes any more`);
  const goOn = run.kind === 'switchover' || run.kind === 'failback' ? writesGoOn(run.kind, database) : undefined;
  if (goOn) return undo(goOn);
  const before = (step.result as Fencing | undefined)?.raised ?? [];
  let raised: readonly RaisedFence[] = before.filter((f) => f.kind === 'up');
  let replayed = (step.result as Fencing | undefined)?.replayed ?? false;
  for (const turn of fenceOrder(database.fences)) {
    if (turn.kind === 'replay') {
      if (replayed || !raised.some((f) => f.kind === 'up')) continue;
      await awaitReplay(context);
      replayed = true;
    } else {
      const open = turn.fences.filter((f) => !raised.some((r) => r.name === f.name));
      if (open.length === 0) continue;
      raised = [...raised, ...(await Promise.all(open.map((f) => raiseInTime(context, f, before))))];
    }
    const result: Fencing = { raised, replayed };
    const level = highestFence(raised);
    const noted = await transact(ports.journal, pair, (item) => noteResult(item, key, 'stop_writes_to_primary', result));
    if (noted.kind === 'lost') {
      await lowerLate(pair, key, ports);
      return lost(noted.because);
    }
    if (level) await transact(ports.journal, pair, (item) => noteFence(item, key, level));
  }
  const words = fenceWords(raised);
  switch (fencing(raised)) {
    case 'up':
      return done(...words);
    case 'silent':
      return planned ? again(...words) : { ...done(...words), incomplete: true };
    case 'open':
      return { ...again(...words), waitSec: FENCE_PAUSE_SEC };
  }
}

/** A Region that is gone is given so long between two tries, in seconds. */
const FENCE_PAUSE_SEC = 1;

/** One fence must not hold up the others. */
async function raiseInTime(
  { ports, key }: StepContext,
  { name, fence }: NamedFence,
  before: readonly RaisedFence[],
): Promise<RaisedFence> {
  const limitMs = 10_000;
  const slow = ports.time.sleep(limitMs).then(() => ({ kind: 'down' as const, because: `no answer within ${lasting(limitMs)}` }));
  const answer = await Promise.race([ports.fences.raise(fence, key.epoch), slow]);
  return afterTry(
    name,
    before.find((f) => f.name === name),
    answer,
  );
}

/** Waits until the rows that the primary sent before it was stopped have arrived, or for the whole limit. */
async function awaitReplay({ ports, database, run }: StepContext): Promise<void> {
  const candidate = database.replicas.find((member) => member.id === run.candidate);
  const untilMs = ports.time.nowMs() + REPLAY_LIMIT_SEC * 1_000;
  // Counted as well: a clock that is set back must not keep users waiting.
  for (let waitedSec = 0; waitedSec < REPLAY_LIMIT_SEC && ports.time.nowMs() < untilMs; waitedSec += 2) {
    await ports.time.sleep(2_000);
    if (!candidate || !database.heartbeat) continue;
    const reading = await ports.heartbeats.read(database, candidate);
    if (reading.kind === 'heartbeat' && reading.unchangedForMs >= database.heartbeat.limitMs) return;
  }
}

type Chosen = Extract<Choice, { kind: 'chosen' }>;

/** The RPO gate: judged again, because fences and hours may have passed since the first look. */
export async function verifySync(context: StepContext): Promise<StepSaid> {
  const { ports, pair, key, database, run, step } = context;
  const back = await writerIsBack(context);
  if (back) return undo(back);
  const planned = run.kind !== 'failover';
  const chosen = await choose(context);
  if (chosen.kind === 'none') return again('no replica can take over', ...chosen.because);
  const choice = planned ? await caughtUp(context, chosen) : chosen;
  if (choice === 'not yet') return again(`${chosen.id} still receives rows`);
  const noted = await transact(ports.journal, pair, (item) => noteAssessment(item, key, choice.id, choice.loss));
  if (noted.kind === 'lost') return lost(noted.because);
  // What a failover may lose was consented to beforehand; what a planned change loses was not.
  const gate = gateLoss(choice.loss, planned ? { kind: 'never' } : database.dataLoss, key.epoch, run.consent);
  if (gate.kind === 'accepted') return done(gate.because, ...choice.because);
  const asked = await transact(ports.journal, pair, (item) => requestConsent(item, key, gate.lossMs, ports.time.nowMs()));
  if (asked.kind === 'lost') return lost(asked.because);
  if (ports.time.nowMs() - asked.atMs >= CONSENT_LIMIT_SEC * 1000) return undo('nobody consented to the loss', gate.because);
  // A question that could not be told is told with the next call: nobody consents to what they never saw.
  const toldMs = (step.result as { readonly toldMs?: number } | undefined)?.toldMs ?? -1;
  if (toldMs < gate.lossMs) {
    const told = await tellRunIfPossible(context, {
      type: 'failover-needs-consent',
      action: 'trigger',
      severity: 'critical',
      summary: `${pair} waits for consent: ${gate.because}; failover approve ${pair} --epoch ${key.epoch} --loss-ms ${gate.lossMs}`,
      details: { lossMs: gate.lossMs, candidate: choice.id },
    });
    const result = { toldMs: gate.lossMs };
    if (told) await transact(ports.journal, pair, (item) => noteResult(item, key, 'verify_replica_sync', result));
  }
  return { verdict: 'ask', because: [gate.because] };
}

/**
 * Writes are stopped and replication lives. Everything has arrived once longer than the replica was behind has passed:
 * either rows still arrive, which were written after the stop, or none do any more.
 */
async function caughtUp({ ports, database, state, run }: StepContext, chosen: Chosen): Promise<Chosen | 'not yet'> {
  if (database.kind === 'auroraGlobal') return { ...chosen, loss: { ms: 0, basis: 'service' } };
  const candidate = candidatesOf(database, state, run).find((member) => member.id === chosen.id);
  if (!database.heartbeat || !candidate) return chosen;
  const [reading, view] = await Promise.all([
    ports.heartbeats.read(database, candidate),
    ports.databases.look(database, candidate),
  ]);
  if (reading.kind === 'unknown' || view.kind !== 'member' || view.replicating === false) return chosen;
  const { limitMs } = database.heartbeat;
  const stoppedAtMs = run.steps['stop_writes_to_primary']?.endedAtMs ?? ports.time.nowMs();
  const waited = ports.time.nowMs() - stoppedAtMs > chosen.loss.ms + limitMs;
  const still = reading.unchangedForMs >= limitMs;
  return waited || still ? { ...chosen, loss: { ms: 0, basis: 'heartbeat' } } : 'not yet';
}

/** Nobody may be sent to the old primary again, and Route 53 itself must say so, before anything is promoted. */
export async function latch(context: StepContext): Promise<StepSaid> {
  const { ports, pair, key, registration, database } = context;
  const back = await writerIsBack(context);
  if (back) return undo(back);
  const set = await transact(ports.journal, pair, (item) => setLatch(item, key, true));
  if (set.kind === 'lost') return lost(set.because);
  if (set.kind === 'refused') return undo(set.because);
  const { latch: wanted, writerName } = set.database;
  const published = await ports.latchPanel.publish(database, { on: true, hold: wanted.hold !== undefined }, writerName);
  if (published !== 'published') return again(`the latch was not published: ${published.because}`);
  const lifted = liftedLatchMs(context.state, ports.time.nowMs());
  if (lifted > 0) return again(`the latch of an earlier run may still show for ${lasting(lifted)}`);
  const { beacons } = database.latch;
  const [latched, primary] = await Promise.all([
    beaconVerdict(ports, registration, beacons.latch),
    beaconVerdict(ports, registration, beacons.primaryAllowed),
  ]);
  const seen = latched.kind === 'unhealthy' && primary.kind === 'unhealthy';
  return seen ? done(latched.because, primary.because) : again('the latch is not seen yet', latched.because, primary.because);
}
