import type { Ruled } from '../drill/rules';
import { blankItem } from '../drill/rules';
import type { JournalItem } from '../journal';
import { watchKey } from './run-rules';
import { GRACE_MS } from './trigger';

/** What the service itself says about a database that it fails over inside the Region. */
export type ServiceSeen =
  | {
      readonly kind: 'member';
      readonly status: string;
      /** Instance that writes; absent when the service names none. */
      readonly writer?: string;
      readonly zone?: string;
    }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly because: string };

/** Who was last seen writing, and what stands against it now. Kept in the journal: each run of the keeper is a new process. */
export interface ServiceWatch {
  readonly verified?: ServiceWriter;
  /** Since when, by the keeper's clock, the service says that nobody writes. */
  readonly amiss?: { readonly sinceMs: number; readonly paged: boolean };
  /** Why the last look said nothing about the writer. */
  readonly unknownBecause?: string;
}

export interface ServiceWriter {
  readonly writer: string;
  readonly zone?: string;
}

export interface ServiceSaid {
  readonly type:
    | 'service-writer-verified'
    | 'service-failover-began'
    | 'service-failover-done'
    | 'database-incident'
    | 'primary-recovered';
  readonly incidentKey: string;
  readonly action: 'note' | 'trigger' | 'resolve';
  readonly severity: 'info' | 'warning' | 'critical';
  readonly summary: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface WatchDecision {
  readonly next: ServiceWatch;
  readonly said: readonly ServiceSaid[];
}

/**
 * Words under which the writer takes connections.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
 */
const SERVES: readonly string[] = [
  'available',
  'backing-up',
  'configuring-enhanced-monitoring',
  'configuring-iam-database-auth',
  'configuring-log-exports',
  'modifying',
  'resetting-master-credentials',
  'storage-config-upgrade',
  'storage-initialization',
  'storage-optimization',
  'update-iam-db-auth',
];

/** Work that somebody ordered, during which the database may be away for as long as it takes. */
const ORDERED: readonly string[] = [
  'converting-to-vpc',
  'creating',
  'maintenance',
  'migrating',
  'moving-to-vpc',
  'renaming',
  'upgrading',
];

/** What one look amounts to. */
export type ServiceVerdict =
  | ({ readonly kind: 'writes' } & ServiceWriter)
  | { readonly kind: 'amiss'; readonly because: string }
  | { readonly kind: 'unknown'; readonly because: string };

export function serviceVerdict(id: string, seen: ServiceSeen): ServiceVerdict {
  if (seen.kind === 'unknown') return seen;
  if (seen.kind === 'absent') return { kind: 'amiss', because: `${id} does not exist` };
  const { status, writer, zone } = seen;
  if (ORDERED.includes(status)) return { kind: 'unknown', because: `${id} is ${status}, which says nothing about its writer` };
  if (!SERVES.includes(status)) return { kind: 'amiss', because: `${id} is ${status}` };
  if (writer === undefined) return { kind: 'amiss', because: `${id} is ${status}, and none of its instances is the writer` };
  return { kind: 'writes', writer, ...(zone === undefined ? {} : { zone }) };
}

/** What one more look at the service's own word amounts to. It only ever tells: nothing here is ordered. */
export function watchService(
  pair: string,
  id: string,
  before: ServiceWatch | undefined,
  seen: ServiceSeen,
  nowMs: number,
): WatchDecision {
  const verdict = serviceVerdict(id, seen);
  const { unknownBecause: _gone, ...known } = before ?? {};
  switch (verdict.kind) {
    case 'unknown':
      return { next: { ...known, unknownBecause: verdict.because }, said: [] };
    case 'amiss':
      return amiss(pair, known, verdict.because, nowMs);
    case 'writes':
      return writes(pair, known, verdict, nowMs);
  }
}

const secondsSince = (sinceMs: number, nowMs: number) => Math.round(Math.max(nowMs - sinceMs, 0) / 1000);

function amiss(pair: string, before: ServiceWatch, because: string, nowMs: number): WatchDecision {
  const incidentKey = watchKey(pair, 'database');
  if (!before.amiss) {
    const summary = `${pair}: ${because}; its service has ${GRACE_MS / 1000} s to fail it over or to recover it`;
    const began = { type: 'service-failover-began', incidentKey, action: 'note', severity: 'warning', summary } as const;
    const details = { ...(before.verified ? { before: before.verified } : {}) };
    return { next: { ...before, amiss: { sinceMs: nowMs, paged: false } }, said: [{ ...began, details }] };
  }
  const { sinceMs, paged } = before.amiss;
  if (paged || nowMs - sinceMs < GRACE_MS) return { next: before, said: [] };
  const sec = secondsSince(sinceMs, nowMs);
  const summary = `${pair}: ${because}; its service has not recovered it for ${sec} s`;
  const page = { type: 'database-incident', incidentKey, action: 'trigger', severity: 'critical', summary } as const;
  return { next: { ...before, amiss: { sinceMs, paged: true } }, said: [{ ...page, details: { sec, because } }] };
}

/** A writer in words. */
export const placed = ({ writer, zone }: ServiceWriter) => (zone === undefined ? writer : `${writer} in ${zone}`);

function writes(pair: string, { verified, amiss: open }: ServiceWatch, now: ServiceWriter, nowMs: number): WatchDecision {
  const incidentKey = watchKey(pair, 'database');
  const { writer, zone = verified?.writer === now.writer ? verified.zone : undefined } = now;
  const today: ServiceWriter = { writer, ...(zone === undefined ? {} : { zone }) };
  const said: ServiceSaid[] = [];
  const moved = verified !== undefined && hasMoved(verified, today);
  const sec = open ? secondsSince(open.sinceMs, nowMs) : undefined;
  const after = sec === undefined ? '' : `, ${sec} s after it was first seen not to`;
  const details = { ...today, ...(sec === undefined ? {} : { sec }), ...(moved ? { before: verified } : {}) };
  const note = { incidentKey, action: 'note', severity: 'info', details } as const;
  if (moved) {
    const unseen = open ? '' : ', and was away for less than the time between two looks';
    const summary = `${pair}: its service failed over: ${placed(today)} writes${after}${unseen}; before it was ${placed(verified)}`;
    said.push({ type: 'service-failover-done', ...note, summary });
  } else if (open || !verified) {
    said.push({
      type: 'service-writer-verified',
      ...note,
      summary: `${pair}: ${placed(today)} writes${after}, says its service`,
    });
  }
  if (open?.paged) {
    const summary = `${pair}: ${placed(today)} writes again${after}`;
    said.push({ type: 'primary-recovered', incidentKey, action: 'resolve', severity: 'info', summary, details });
  }
  return { next: { verified: today }, said };
}

/** A zone that was not known before is no move. */
const hasMoved = (before: ServiceWriter, now: ServiceWriter) =>
  before.writer !== now.writer || (before.zone !== undefined && before.zone !== now.zone);

/** Written after it was told, and only over what it was decided on: a lost race looks and tells again. */
export function noteService(
  found: JournalItem | undefined,
  pair: string,
  before: ServiceWatch | undefined,
  next: ServiceWatch,
): Ruled<'noted' | 'unchanged' | 'overtaken'> {
  const same = (one: ServiceWatch | undefined, other: ServiceWatch | undefined) => JSON.stringify(one) === JSON.stringify(other);
  if (!same(found?.service, before)) return { kind: 'keep', answer: 'overtaken' };
  if (same(before, next)) return { kind: 'keep', answer: 'unchanged' };
  return { kind: 'write', item: { ...(found ?? blankItem(pair)), service: next }, answer: 'noted' };
}
