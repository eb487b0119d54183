import type { Ruled } from '../drill/rules';
import type { JournalItem } from '../journal';
import { keep, moved, put } from './run-rules';
import type { RebuiltMember } from './state';

export type RebuildAnswer = { readonly kind: 'noted' } | { readonly kind: 'refused'; readonly because: string };

/** A person builds a replica of today's writer where the old primary stood, and names it here. */
export function beginRebuild(
  found: JournalItem | undefined,
  member: Omit<RebuiltMember, 'replicating'>,
): Ruled<RebuildAnswer | { readonly kind: 'begun' }> {
  const database = found?.database;
  if (!found || !database) return keep({ kind: 'refused', because: 'the pair has no database' });
  if (database.run) return keep({ kind: 'refused', because: `${database.run.id} is under way` });
  if (member.id === database.writer) return keep({ kind: 'refused', because: `${member.id} writes now` });
  if (database.rebuilt?.id === member.id) return keep({ kind: 'noted' });
  if (database.state !== 'SERVING_STANDBY' && database.state !== 'REBUILDING') {
    return keep({ kind: 'refused', because: `the controller is ${database.state}: there is nothing to rebuild` });
  }
  const rebuilt = { ...member, replicating: false };
  return put(found, moved({ ...database, rebuilt }, 'rebuild-began'), { kind: 'begun' });
}

/** It was seen replicating: the pair is protected again, and a person may fail back. */
export function noteRebuilt(found: JournalItem | undefined, id: string): Ruled<RebuildAnswer> {
  const database = found?.database;
  if (database?.rebuilt?.id === id && database.rebuilt.replicating) return keep({ kind: 'noted' });
  if (!found || !database || database.state !== 'REBUILDING' || database.rebuilt?.id !== id) {
    return keep({ kind: 'refused', because: `${id} is not being rebuilt` });
  }
  const { unprotectedSinceMs: _since, ...rest } = database;
  const next = { ...rest, rebuilt: { ...database.rebuilt, replicating: true } };
  return put(found, moved(next, 'rebuild-ended'), { kind: 'noted' });
}

/** Gives a rebuild up; the standby goes on alone. */
export function abandonRebuild(found: JournalItem | undefined): Ruled<RebuildAnswer> {
  const database = found?.database;
  if (!found || !database || database.state !== 'REBUILDING')
    return keep({ kind: 'refused', because: 'nothing is being rebuilt' });
  const { rebuilt: _rebuilt, ...rest } = database;
  return put(found, moved(rest, 'rebuild-ended'), { kind: 'noted' });
}
