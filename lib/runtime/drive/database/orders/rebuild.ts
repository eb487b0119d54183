/** A new replica where the old primary stood: named, seen replicating, or given up. */

import type { DatabaseMember } from '../../../../contracts/database';
import { fenceName } from '../../../../decide/database/fences';
import { letThrough } from '../../../../decide/database/kept-out';
import { abandonRebuild, beginRebuild, noteRebuilt } from '../../../../decide/database/rebuild-rules';
import { tellIfPossible } from '../../drill/context';
import { transact } from '../../transact';
import { boundTo, type NotePorts, type OrderPorts } from './bound';
import { type DoneAnswer, done, tellOrder } from './note';

export type RebuildOrderAnswer = DoneAnswer | { readonly kind: 'under way'; readonly because: string };

/** Names the replica that stands where the old primary stood; order it again until it is seen replicating. */
export async function rebuild(
  order: { readonly pair: string; readonly by: string; readonly member: Omit<DatabaseMember, 'priority'> },
  ports: OrderPorts,
): Promise<RebuildOrderAnswer> {
  const { pair, member } = order;
  const bound = await boundTo(pair, ports);
  if ('because' in bound) return { kind: 'refused', because: bound.because.join('; ') };
  if (member.region !== bound.database.primaryRegion) {
    return {
      kind: 'refused',
      because: `${member.id} is in ${member.region}, the way back leads to ${bound.database.primaryRegion}`,
    };
  }
  const writer = (await ports.journal.read(pair))?.database?.writer;
  const began = await transact(ports.journal, pair, (item) => beginRebuild(item, member));
  if (began.kind === 'refused') return began;
  if (began.kind === 'begun')
    await tellOrder(order, 'rebuild-began', `${order.by} named ${member.id} as the replica that leads back`, ports);
  const view = await ports.databases.look(bound.database, { ...member, priority: 0 });
  if (view.kind === 'unknown') return { kind: 'under way', because: `${member.id} cannot be looked at: ${view.because}` };
  if (view.kind === 'absent') return { kind: 'under way', because: `${member.id} does not exist yet` };
  if (view.replicaOf === undefined)
    return { kind: 'under way', because: `${member.id} is ${view.status} and replicates from nobody yet` };
  if (view.replicaOf !== writer)
    return { kind: 'under way', because: `${member.id} replicates from ${view.replicaOf}, not from ${writer}` };
  if (view.status !== 'available') return { kind: 'under way', because: `${member.id} is ${view.status}` };
  const noted = await transact(ports.journal, pair, (item) => noteRebuilt(item, member.id));
  if (noted.kind === 'refused') return noted;
  await tellIfPossible(ports, bound.registration, order.by, {
    type: 'rebuild-done',
    incidentKey: `${pair}/rebuild`,
    action: 'note',
    severity: 'info',
    summary: `${pair}: ${member.id} replicates from ${writer}; a person may fail back`,
  });
  return done(`${member.id} replicates from ${writer}`);
}

/** Lets the old primary's network through again, so that a replica can be built there. Only while it has no part in a run. */
export async function lowerFences(order: { readonly pair: string; readonly by: string }, ports: OrderPorts): Promise<DoneAnswer> {
  const { pair } = order;
  const bound = await boundTo(pair, ports);
  if ('because' in bound) return { kind: 'refused', because: bound.because.join('; ') };
  const item = await ports.journal.read(pair);
  const run = item?.database?.run;
  if (run) return { kind: 'refused', because: `${run.id} is under way` };
  // Noted first: from here on nobody raises them again.
  await transact(ports.journal, pair, (found) => letThrough(found, order.by));
  const fences = bound.database.fences.filter((fence) => fence.kind !== 'stopInstance');
  const answers = await Promise.all(fences.map((fence) => ports.fences.lower(fence, item?.epoch ?? 0)));
  const failed = answers.some(({ kind }) => kind === 'failed');
  const words = fences.map((fence, n) => loweredWords(fenceName(fence), answers[n]));
  const because = words.length > 0 ? words.join('; ') : 'there is no fence to lower';
  await tellOrder(order, 'fences-opened', `${order.by} let the old primary through: ${because}`, ports);
  return failed ? { kind: 'refused', because } : done(because);
}

const loweredWords = (name: string, answer: Awaited<ReturnType<OrderPorts['fences']['lower']>> | undefined): string =>
  answer?.kind === 'failed' ? `${name} may still be up: ${answer.because}` : `${name} is down`;

export async function giveUpRebuild(
  order: { readonly pair: string; readonly by: string },
  ports: NotePorts,
): Promise<DoneAnswer> {
  const answer = await transact(ports.journal, order.pair, abandonRebuild);
  if (answer.kind === 'refused') return answer;
  return tellOrder(order, 'rebuild-given-up', `${order.by} gave the rebuild up; the standby goes on alone`, ports);
}
