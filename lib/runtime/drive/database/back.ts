/** The way back, before the point of no return. Each step may run though the one it undoes never did. */
import { fenceName, fencesAfter } from '../../../decide/database/fences';
import { LATCH_SHOWS_SEC } from '../../../decide/database/plan';
import { endRun } from '../../../decide/database/promotion-rules';
import { noteResult, setLatch } from '../../../decide/database/run-rules';
import { transact } from '../transact';
import { again, done, idle, lost, type StepContext, type StepSaid, stuck, tellRun } from './context';
import { beaconVerdict } from './look';

/** Lets traffic follow health again. In a failback the latch was on before the run and stays. */
export async function undoLatch(context: StepContext): Promise<StepSaid> {
  const { ports, pair, key, registration, database, run, step } = context;
  if (run.kind === 'failback') return idle('the latch was on before this run and stays');
  if (!run.steps['latch']) return idle('the latch was never touched');
  const set = await transact(ports.journal, pair, (item) => setLatch(item, key, false));
  if (set.kind === 'lost') return lost(set.because);
  if (set.kind === 'refused') return stuck(set.because);
  const { latch, writerName } = set.database;
  const published = await ports.latchPanel.publish(database, { on: false, hold: latch.hold !== undefined }, writerName);
  if (published !== 'published') return again(`the latch was not published: ${published.because}`);
  const seen = await beaconVerdict(ports, registration, database.latch.beacons.latch);
  const shown = latchShown(context);
  if (seen.kind === 'unhealthy' && !shown) {
    await transact(ports.journal, pair, (item) => noteResult(item, key, 'undo_latch', { shown: true }));
  }
  if (seen.kind !== 'healthy') return again('Route 53 still shows the latch; the keeper lifts it each minute', seen.because);
  const forSec = Math.floor((ports.time.nowMs() - step.beganAtMs) / 1000);
  if (!shown && forSec < LATCH_SHOWS_SEC)
    return again(`the latch was never seen, and may show for ${LATCH_SHOWS_SEC} s; ${forSec} s have passed`, seen.because);
  return done(seen.because);
}

/** Once it was seen, "not latched" means that it is over; before, it may only mean that it has not begun. */
const latchShown = ({ run, step }: StepContext): boolean =>
  run.steps['latch']?.outcome === 'done' || (step.result as { readonly shown?: boolean } | undefined)?.shown === true;

/** A fence whose answer was lost may be up, so all that were tried are lowered. */
export async function undoStopWrites(context: StepContext): Promise<StepSaid> {
  const { ports, key, database, run } = context;
  if (!run.steps['stop_writes_to_primary']) return idle('no fence was tried');
  // The fences keep the old primary out; a failback never raised them, and they are not its to lower.
  if (run.kind === 'failback' || run.writesStopped) return idle('no fence was raised by this run');
  const after = fencesAfter(database.fences).map((f) => f.name);
  const tried = database.fences.filter((fence) => !after.includes(fenceName(fence)));
  const answers = await Promise.all(
    tried.map(async (fence) => {
      const answer = await ports.fences.lower(fence, key.epoch);
      return { name: fenceName(fence), ...answer };
    }),
  );
  const failed = answers.flatMap((a) => (a.kind === 'failed' ? [`${a.name} may still be up: ${a.because}`] : []));
  return failed.length > 0 ? again(...failed) : done(`${answers.length} fences are down`);
}

/** The old holder could never renew a lease that a run took and then gave up; its silence would speak against a living writer. */
async function giveLeaseBack({ ports, pair, key, database, state, run }: StepContext): Promise<string | undefined> {
  if (!database.lease) return undefined;
  const lease = await ports.leases.read(pair);
  // One that was forced never had the lease; what it may have taken since is put right by the prober.
  if (lease.kind === 'unknown') return run.forced !== undefined ? undefined : `the lease cannot be read: ${lease.because}`;
  if (lease.kind === 'absent' || lease.holder !== run.id) return undefined;
  const taken = await ports.leases.take(pair, lease.rvn, key.epoch, state.writer);
  return typeof taken === 'string' ? undefined : `the lease was not given back: ${taken.because}`;
}

/** Says why, and gives the pair back. The epoch is burnt: no order that carries it is valid any more. */
export async function undoAcquire(context: StepContext): Promise<StepSaid> {
  const { ports, pair, key, run } = context;
  const lease = await giveLeaseBack(context);
  if (lease) return again(lease);
  const failed = Object.entries(run.steps).flatMap(([step, s]) =>
    s.outcome === 'failed' ? [`${step} failed: ${s.because?.join('; ')}`] : [],
  );
  const because = [...(run.rollback?.because ?? []), ...failed];
  try {
    await tellRun(context, {
      type: `${run.kind}-rolled-back`,
      action: 'trigger',
      severity: 'critical',
      summary: `${run.kind} of ${pair} at epoch ${key.epoch} was given up: ${because.join('; ')}`,
      details: { run: run.id, because },
    });
  } catch (error) {
    return again(`the rollback was not announced: ${(error as Error).message}`);
  }
  const ended = await transact(ports.journal, pair, (item) => endRun(item, key, because, ports.time.nowMs()));
  if (ended.kind === 'lost') return lost(ended.because);
  return ended.kind === 'refused' ? stuck(ended.because) : done(...because);
}
