import type { DatabaseStepInput, DatabaseStepOutput } from '../../../contracts/database';
import {
  type AnyStep,
  CALL_RETRIES,
  type DatabaseEnd,
  type DutyStep,
  firstStep,
  isPlanStep,
  type PlanPlace,
  placeAfter,
  placeAfterError,
  RETRY_FIRST_SEC,
  RETRY_MAX_SEC,
  type StepVerdict,
} from '../../../decide/database/plan';
import type { Time } from '../../ports';

export interface RunEnd {
  readonly end: DatabaseEnd;
  /** Every call that answered, in order. */
  readonly calls: readonly { readonly step: string; readonly verdict: string }[];
  readonly because: readonly string[];
}

/** What an execution is started with. `duty`: what it does in place of carrying a run. */
export type ExecutionInput = Omit<DatabaseStepInput, 'step'> & { readonly duty?: DutyStep };

/** Far beyond any run that its limits allow. */
const MOST_CALLS = 20_000;

/** Carries one call of one step; may throw. */
export type Carry = (input: DatabaseStepInput) => Promise<DatabaseStepOutput>;

const VERDICTS: readonly string[] = ['done', 'again', 'ask', 'undo', 'stuck', 'lost'] satisfies StepVerdict[];

/** Walks the plan as the rendered machine does: the same retries, the same choice after each verdict. */
export async function runPlan(input: ExecutionInput, carry: Carry, time: Time): Promise<RunEnd> {
  const calls: { step: string; verdict: string }[] = [];
  const { duty, ...named } = input;
  let place: PlanPlace = firstStep(duty);
  let because: readonly string[] = [];
  while (isPlanStep(place)) {
    const step: AnyStep = place;
    const answer = await call({ ...named, step }, carry, time);
    if (answer instanceof Error) {
      because = [answer.message];
      calls.push({ step, verdict: 'error' });
      place = placeAfterError(step);
    } else {
      because = answer.because;
      calls.push({ step, verdict: answer.verdict });
      place = VERDICTS.includes(answer.verdict) ? placeAfter(step, answer.verdict as StepVerdict) : 'stuck';
      if (place === step) await time.sleep(answer.waitSec * 1000);
    }
    if (calls.length > MOST_CALLS) throw new Error(`run ${input.run} made more than ${MOST_CALLS} calls`);
  }
  return { end: place, calls, because };
}

async function call(input: DatabaseStepInput, carry: Carry, time: Time): Promise<DatabaseStepOutput | Error> {
  for (let n = 0; ; n += 1) {
    try {
      return await carry(input);
    } catch (error) {
      if (n >= CALL_RETRIES) return error as Error;
      await time.sleep(Math.min(RETRY_FIRST_SEC * 2 ** n, RETRY_MAX_SEC) * 1000);
    }
  }
}
