/**
 * The old primary after a failover. Fences that its Region did not answer to are raised whenever it answers again, until a
 * person lets it through: to rebuild it, or because they know better.
 */
import type { Ruled } from '../drill/rules';
import type { JournalItem } from '../journal';
import { type Fencing, fenceName, fencesAfter, type NamedFence, type RaisedFence } from './fences';
import { keep, put, type RunKey, runId } from './run-rules';
import type { FenceSettings } from './settings';
import type { DatabaseRun, KeptOut } from './state';

/** What a failover leaves behind with its promote call: the writer that must not write again, and the fences that are up. */
export function keptOutBy(run: DatabaseRun, writer: string): KeptOut {
  const raised = (run.steps['stop_writes_to_primary']?.result as Fencing | undefined)?.raised ?? [];
  return { id: writer, epoch: run.epoch, up: levels(raised) };
}

const levels = (raised: readonly RaisedFence[]): Readonly<Record<string, string>> =>
  Object.fromEntries(raised.flatMap((f) => (f.kind === 'up' ? [[f.name, f.level]] : [])));

export type FenceDuty =
  | { readonly kind: 'due'; readonly key: RunKey; readonly out: KeptOut; readonly fences: readonly NamedFence[] }
  | { readonly kind: 'none'; readonly because: string };

/** Which fences are still to be raised against the old primary, now. */
export function fenceDuty(item: JournalItem | undefined, fences: readonly FenceSettings[]): FenceDuty {
  const none = (because: string): FenceDuty => ({ kind: 'none', because });
  const database = item?.database;
  const out = database?.keptOut;
  if (!item || !database || !out) return none('no old primary is kept out');
  if (out.loweredBy !== undefined) return none(`${out.loweredBy} let ${out.id} through`);
  if (database.rebuilt) return none(`${database.rebuilt.id} is rebuilt there`);
  if (database.run && database.run.kind !== 'failover') return none(`${database.run.id} is under way`);
  // An instance cannot be stopped while the candidate still hangs on it.
  const late = database.active === 'standby' ? [] : fencesAfter(fences).map(({ name }) => name);
  const open = fences
    .map((fence) => ({ name: fenceName(fence), fence }))
    .filter(({ name }) => out.up[name] === undefined && !late.includes(name));
  if (open.length === 0) return none(`every fence against ${out.id} is up, or there is none`);
  return { kind: 'due', key: { run: runId(item.pair, out.epoch), epoch: item.epoch }, out, fences: open };
}

export type FencedAnswer =
  | { readonly kind: 'noted'; readonly fresh: readonly string[]; readonly open: readonly string[] }
  /** Somebody let the old primary through meanwhile: what was raised comes down again. */
  | { readonly kind: 'let through'; readonly because: string };

/** Records what was verified. Only for the epoch whose duty it was. */
export function noteFenced(
  found: JournalItem | undefined,
  key: RunKey,
  fences: readonly FenceSettings[],
  raised: readonly RaisedFence[],
): Ruled<FencedAnswer> {
  const duty = fenceDuty(found, fences);
  const out = found?.database?.keptOut;
  if (!found?.database || !out || found.epoch !== key.epoch) {
    return keep({ kind: 'let through', because: `the epoch is ${found?.epoch ?? 0}, not ${key.epoch}` });
  }
  const up = levels(raised);
  const fresh = Object.keys(up).filter((name) => out.up[name] === undefined);
  if (duty.kind === 'none' && fresh.length > 0) return keep({ kind: 'let through', because: duty.because });
  const open = raised.flatMap((f) => (f.kind === 'down' ? [f.name] : []));
  if (fresh.length === 0) return keep({ kind: 'noted', fresh, open });
  const keptOut = { ...out, up: { ...out.up, ...up } };
  return put(found, { ...found.database, keptOut }, { kind: 'noted', fresh, open });
}

/** A person lets the old primary through; nobody raises its fences again in this epoch. */
export function letThrough(found: JournalItem | undefined, by: string): Ruled<'let through' | 'nothing is kept out'> {
  const database = found?.database;
  if (!found || !database?.keptOut) return keep('nothing is kept out');
  const keptOut = { ...database.keptOut, up: {}, loweredBy: by };
  return put(found, { ...database, keptOut }, 'let through');
}
