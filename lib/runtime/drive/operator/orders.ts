/** Orders of an operator to the drill function. Each is safe to give twice: the id makes a repeated start the same drill. */
import type { DrillRequest, DrillResponse } from '../../../contracts/drill';
import type { DrillSettings } from '../../../contracts/registration';
import { standing } from '../../../decide/drill/rules';
import { outside } from '../../../decide/drill/window';
import type { JournalItem } from '../../../decide/journal';
import type { Functions } from '../../ports';

export type Ordered = DrillResponse | { readonly kind: 'unanswered'; readonly because: string };

const KINDS: readonly DrillResponse['kind'][] = ['started', 'already-started', 'stopping', 'refused'];

export async function order(functions: Functions, drillFunction: string, request: DrillRequest): Promise<Ordered> {
  const said = await functions.invoke(drillFunction, request);
  if (said.kind === 'failed') return { kind: 'unanswered', because: said.because };
  const answer = said.answer as DrillResponse | null;
  return answer !== null && typeof answer === 'object' && KINDS.includes(answer.kind)
    ? answer
    : {
        kind: 'unanswered',
        because: `${drillFunction} answered ${JSON.stringify(answer)?.slice(0, 200)}, which is no answer of a drill`,
      };
}

/** What already speaks against the drill, before anybody is asked. The drill function judges again. */
export function foreseen(
  item: JournalItem | undefined,
  settings: DrillSettings,
  wanted: { readonly level: 'OBSERVE' | 'TRAFFIC'; readonly drillId: string },
  nowMs: number,
): readonly string[] {
  // A repeated order for the drill that runs is no second drill.
  if (item?.drill?.id === wanted.drillId) return [];
  const because = item?.drill ? [`drill ${item.drill.id} is running`] : [];
  if (wanted.level === 'OBSERVE') return because;
  const late = settings.window ? outside(settings.window, nowMs) : undefined;
  return [...because, ...(item ? standing(item, nowMs) : []), ...(late ? [late] : [])];
}
