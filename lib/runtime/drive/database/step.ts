import type { DatabaseStepInput, DatabaseStepOutput } from '../../../contracts/database';
import {
  type DatabaseStep,
  FAILOVER_PLAN,
  FENCE_DUTY,
  isPlanStep,
  isUndoStep,
  type StepVerdict,
  UNDO_PLAN,
  type UndoStep,
} from '../../../decide/database/plan';
import { noteStuck, rollBack } from '../../../decide/database/promotion-rules';
import { STEP_EVENTS } from '../../../decide/database/run-events';
import { type BeginAnswer, beginStep, finishStep, type RunKey } from '../../../decide/database/run-rules';
import type { DatabaseRun, RunStep } from '../../../decide/database/state';
import { unreachable } from '../../../decide/unreachable';
import { isUnknown } from '../drill/context';
import { transact } from '../transact';
import { announce, refreshApplications, repointWriter, verify } from './after';
import { undoAcquire, undoLatch, undoStopWrites } from './back';
import { acquire, assess, latch, stopWrites, verifySync } from './before';
import { type DatabasePorts, type StepContext, type StepSaid, tellRunIfPossible } from './context';
import { fenceOldWriter } from './fence-duty';
import { lowerLate } from './late-fence';
import { promote } from './promote';

const CARRY: Readonly<Record<DatabaseStep | UndoStep, (context: StepContext) => Promise<StepSaid>>> = {
  acquire,
  assess,
  stop_writes_to_primary: stopWrites,
  verify_replica_sync: verifySync,
  latch,
  promote_replica: promote,
  repoint_writer: repointWriter,
  refresh_applications: refreshApplications,
  verify_functionality: verify,
  announce,
  undo_latch: undoLatch,
  undo_stop_writes_to_primary: undoStopWrites,
  undo_acquire: undoAcquire,
};

interface Limits {
  readonly limitSec: number;
  readonly pollSec: number;
  readonly onLimit: 'undo' | 'continue' | 'stuck' | 'failed';
}

function limitsOf(step: DatabaseStep | UndoStep, run: DatabaseRun): Limits {
  const back = UNDO_PLAN.find((p) => p.step === step);
  if (back) return { ...back, onLimit: 'failed' };
  const plan = FAILOVER_PLAN.find((p) => p.step === step);
  if (!plan) throw new Error(`no step ${step}`);
  // Before the promote call was requested there is a way back even in the one-way step.
  if (plan.reversible === 'one-way' && !run.promoteRequested) return { ...plan, onLimit: 'undo' };
  // With both sides alive nobody has to go on without a fence.
  if (plan.step === 'stop_writes_to_primary' && run.kind !== 'failover') return { ...plan, onLimit: 'undo' };
  // Writes stand still meanwhile: a replica that does not catch up soon is no reason to keep users waiting for an hour.
  if (plan.step === 'verify_replica_sync' && run.kind !== 'failover' && !run.asked)
    return { ...plan, limitSec: PLANNED_SYNC_SEC };
  return plan;
}

/** How long a planned change waits for its replica to catch up, in seconds. */
const PLANNED_SYNC_SEC = 180;

/**
 * Carries one step once: look, decide, act, record. Safe to call at any time, by any number of runners.
 *
 * @throws Error when journal or registry do not answer, so that the caller tries again
 */
export async function databaseStep(input: DatabaseStepInput, ports: DatabasePorts): Promise<DatabaseStepOutput> {
  const { pair, step } = input;
  if (!isPlanStep(step)) throw new Error(`step is ${JSON.stringify(step)}; known steps: ${Object.keys(CARRY).join(', ')}`);
  const key: RunKey = { run: input.run, epoch: input.epoch };
  if (step === FENCE_DUTY) return fenceOldWriter(pair, key, ports);
  if (isUndoStep(step)) {
    const rolled = await transact(ports.journal, pair, (item) =>
      rollBack(item, key, ['a step kept failing'], ports.time.nowMs()),
    );
    if (rolled.kind === 'refused') return giveUp(input, key, [rolled.because], ports);
  }
  const began = await transact(ports.journal, pair, (item) => beginStep(item, key, step, ports.time.nowMs()));
  if (began.kind !== 'go') {
    // This call may be the second of one that died after it had raised a fence.
    if (step === 'stop_writes_to_primary') await lowerLate(pair, key, ports);
    return answerOf(step, began);
  }
  const context = await contextOf(input, key, began, ports);
  const said = await CARRY[step](context);
  ports.log.info(`${step}: ${said.verdict}`, { pair, run: key.run, because: said.because });
  return settle(context, step, said);
}

/** The answer to a call that has nothing to do. */
function answerOf(step: DatabaseStep | UndoStep, began: Exclude<BeginAnswer, { kind: 'go' }>): DatabaseStepOutput {
  const out = (verdict: StepVerdict, because: readonly string[]): DatabaseStepOutput => ({ verdict, waitSec: 0, because });
  switch (began.kind) {
    case 'done':
      return out('done', began.because);
    case 'rolling-back':
      return out('undo', began.because);
    case 'stuck':
      return out('stuck', [began.because]);
    case 'lost':
      return out('lost', [began.because]);
    case 'ended': {
      const ours = began.outcome === (isUndoStep(step) ? 'rolled-back' : 'done');
      return out(ours ? 'done' : 'lost', [`the run ended: ${began.outcome}`]);
    }
    default:
      return unreachable(began);
  }
}

async function contextOf(
  input: DatabaseStepInput,
  key: RunKey,
  began: { readonly run: DatabaseRun; readonly step: RunStep },
  ports: DatabasePorts,
): Promise<StepContext> {
  const { pair } = input;
  const [registration, database, item] = await Promise.all([
    ports.registry.pair(pair),
    ports.databaseRegistry.database(pair),
    ports.journal.read(pair),
  ]);
  if (isUnknown(registration)) throw new Error(`the registration of ${pair} cannot be read: ${registration.because}`);
  if (isUnknown(database)) throw new Error(`the database of ${pair} cannot be read: ${database.because}`);
  if ('kind' in database && database.kind === 'none') throw new Error(`the pair ${pair} has no database`);
  const state = item?.database;
  if (!state) throw new Error(`the journal of ${pair} has no database`);
  return { ports, pair, key, registration, database: database as StepContext['database'], state, ...began };
}

/** Turns what a step said into what the runner does, with its patience and the point of no return counted in. */
async function settle(context: StepContext, step: DatabaseStep | UndoStep, said: StepSaid): Promise<DatabaseStepOutput> {
  const { ports, pair, key } = context;
  const nowMs = ports.time.nowMs();
  const limits = limitsOf(step, context.run);
  const input = { pair, run: key.run, epoch: key.epoch, step };
  switch (said.verdict) {
    case 'done':
      return finish(context, step, said.incomplete ? 'continued' : 'done', said.because, said.idle);
    case 'again':
    case 'ask': {
      const waitSec = said.waitSec ?? limits.pollSec;
      if (!overLimit(context.step, limits, nowMs)) return { verdict: said.verdict, waitSec, because: said.because };
      const because = [...said.because, `${step} took longer than ${limits.limitSec} s`];
      if (limits.onLimit === 'undo') return giveBack(input, key, because, ports);
      if (limits.onLimit === 'stuck') return giveUp(input, key, because, ports, context);
      return finish(context, step, limits.onLimit === 'failed' ? 'failed' : 'continued', because);
    }
    case 'undo':
      return isUndoStep(step) ? giveUp(input, key, said.because, ports, context) : giveBack(input, key, said.because, ports);
    case 'stuck':
      return giveUp(input, key, said.because, ports, context);
    case 'lost':
      return { verdict: 'lost', waitSec: 0, because: said.because };
    default:
      return unreachable(said.verdict);
  }
}

/** By time or by calls, so that a clock that goes backwards does not make anybody wait for ever. */
function overLimit(step: RunStep, limits: Limits, nowMs: number): boolean {
  const calls = 2 * Math.ceil(limits.limitSec / limits.pollSec) + 2;
  return nowMs - step.beganAtMs >= limits.limitSec * 1000 || step.attempts >= calls;
}

async function finish(
  context: StepContext,
  step: DatabaseStep | UndoStep,
  outcome: 'done' | 'continued' | 'failed',
  because: readonly string[],
  idle = false,
): Promise<DatabaseStepOutput> {
  const { ports, pair, key } = context;
  // These two take the run off the journal themselves, and with it the ledger.
  if (outcome === 'done' && (step === 'announce' || step === 'undo_acquire')) return { verdict: 'done', waitSec: 0, because };
  const nowMs = ports.time.nowMs();
  const finished = await transact(ports.journal, pair, (item) => finishStep(item, key, step, { outcome, because }, nowMs));
  if (finished.kind === 'recorded') {
    const type = idle ? undefined : STEP_EVENTS[step];
    const severity = outcome === 'done' ? 'info' : 'warning';
    const summary = `${pair}: ${step} ${outcome === 'done' ? 'is done' : 'was left behind'}${because.length > 0 ? `: ${because.join('; ')}` : ''}`;
    const suffix = outcome === 'done' ? '' : '-incomplete';
    if (type)
      await tellRunIfPossible(context, {
        type: type + suffix,
        action: 'note',
        severity,
        summary,
        details: { step, outcome, because },
      });
    return { verdict: 'done', waitSec: 0, because };
  }
  const began = await transact(ports.journal, pair, (item) => beginStep(item, key, step, nowMs));
  return began.kind === 'go' ? { verdict: 'again', waitSec: 1, because: [finished.because] } : answerOf(step, began);
}

/** The way back, if there still is one. */
async function giveBack(
  input: DatabaseStepInput,
  key: RunKey,
  because: readonly string[],
  ports: DatabasePorts,
): Promise<DatabaseStepOutput> {
  const rolled = await transact(ports.journal, input.pair, (item) => rollBack(item, key, because, ports.time.nowMs()));
  if (rolled.kind === 'lost') return { verdict: 'lost', waitSec: 0, because: [rolled.because] };
  // Another runner passed the point of no return meanwhile: it is forward now.
  if (rolled.kind === 'refused') return { verdict: 'again', waitSec: 1, because: [rolled.because, ...because] };
  return { verdict: 'undo', waitSec: 0, because };
}

async function giveUp(
  input: DatabaseStepInput,
  key: RunKey,
  because: readonly string[],
  ports: DatabasePorts,
  context?: StepContext,
): Promise<DatabaseStepOutput> {
  const noted = await transact(ports.journal, input.pair, (item) => noteStuck(item, key, because));
  if (noted.kind === 'lost') return { verdict: 'lost', waitSec: 0, because: [noted.because] };
  if (noted.kind === 'refused') return giveBack(input, key, because, ports);
  const registration = context?.registration ?? (await ports.registry.pair(input.pair));
  if (isUnknown(registration)) return { verdict: 'stuck', waitSec: 0, because };
  await tellRunIfPossible(
    { ports, pair: input.pair, registration, key },
    {
      type: 'failover-stuck',
      action: 'trigger',
      severity: 'critical',
      summary: `${input.pair} is stuck after the point of no return, at epoch ${key.epoch}: ${because.join('; ')}; mend that, then failover adopt ${input.pair} --epoch ${key.epoch}`,
      details: { run: key.run, step: input.step, because },
    },
  );
  return { verdict: 'stuck', waitSec: 0, because };
}
