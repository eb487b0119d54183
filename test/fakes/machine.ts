import type { DrillStepInput, DrillStepOutput } from '../../lib/contracts/drill';
import { DRILL_PLAN, type DrillStep, FIRST_STEP, type PlanStep } from '../../lib/decide/plan';
import { drillStep } from '../../lib/runtime/drive/drill/steps';
import { restore } from '../../lib/runtime/drive/restore';
import { type Hook, Process } from './process';
import type { World } from './world';

export interface Walk {
  readonly path: { readonly step: DrillStep; readonly outcome: string }[];
  /** The machine failed, or was stopped by somebody. */
  readonly failed?: string;
}

export interface WalkOptions {
  readonly hook?: Hook;
  /** Called before each step; a second call of the same step is a repeated delivery. */
  readonly before?: (step: DrillStep) => Promise<void> | void;
  /** Every step is delivered twice at the same time; the first answer counts. */
  readonly twice?: boolean;
  /** The machine dies with the first process that dies. */
  readonly fragile?: boolean;
}

/** Walks the drill plan as Step Functions does: retries, then `onError`, then the choice after the step. */
export async function walk(world: World, input: DrillStepInput, options: WalkOptions = {}): Promise<Walk> {
  const path: { step: DrillStep; outcome: string }[] = [];
  let step: DrillStep | undefined = FIRST_STEP;
  while (step) {
    const plan = DRILL_PLAN.find((entry) => entry.step === step);
    if (!plan) throw new Error(`no step ${step}`);
    await options.before?.(plan.step);
    const answer = await attempt(world, { ...input, step: plan.step, caller: 'machine' }, plan, options);
    path.push({ step: plan.step, outcome: answer instanceof Error ? `failed: ${answer.message}` : answer.outcome });
    if (answer instanceof Error) {
      if (options.fragile || !plan.onError) return { path, failed: answer.message };
      step = plan.onError;
    } else step = plan.next[answer.outcome] ?? plan.next.otherwise;
  }
  return { path };
}

/** One call of a function, ended by Lambda at its limit whatever the clock says. */
function limited(world: World, process: Process, limitSec: number, input: DrillStepInput): Promise<DrillStepOutput> {
  void world.time.sleep(limitSec * 1000).then(() => process.kill('Task timed out'));
  return process.run((ports) => (input.step === 'restore' ? restore(input, ports) : drillStep(input, ports)));
}

async function attempt(
  world: World,
  input: DrillStepInput,
  plan: PlanStep,
  options: WalkOptions,
): Promise<DrillStepOutput | Error> {
  let failed = new Error('not tried');
  for (let n = 0; n <= (options.fragile ? 0 : plan.retries); n += 1) {
    const call = () => limited(world, new Process(world, options.hook), plan.limitSec, input);
    try {
      const first = call();
      const second = options.twice ? call().catch(() => undefined) : undefined;
      const answer = await first;
      await second;
      return answer;
    } catch (error) {
      failed = error as Error;
      await world.time.sleep(2_000);
    }
  }
  return failed;
}
