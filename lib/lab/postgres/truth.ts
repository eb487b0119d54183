/** Ground truth about a pair of databases, out of their own rows: who wrote what, what is gone, whether two wrote at once. */
import type { SiteName } from '../world';

/** A row as a client knows it: this database said that it is safe. */
export interface Acknowledged {
  readonly id: string;
  /** The database's own word about who it is. */
  readonly by: SiteName;
  /** When the client heard it, in lab ms. */
  readonly atMs: number;
}

/** A row as it lies in a database. Both databases of a lab share one clock, in real ms. */
export interface StoredRow {
  readonly id: string;
  readonly atMs: number;
}

export interface Loss {
  readonly acknowledged: number;
  /** Acknowledged rows that the survivor does not have, oldest first. */
  readonly lost: readonly Acknowledged[];
  /** Rows that nobody was told of, and that are there all the same. */
  readonly unannounced: number;
}

export function lossOf(acknowledged: readonly Acknowledged[], survivor: readonly StoredRow[]): Loss {
  const there = new Set(survivor.map(({ id }) => id));
  const told = new Set(acknowledged.map(({ id }) => id));
  return {
    acknowledged: acknowledged.length,
    lost: acknowledged.filter(({ id }) => !there.has(id)).sort((a, b) => a.atMs - b.atMs),
    unannounced: survivor.filter(({ id }) => !told.has(id)).length,
  };
}

/** How old the oldest lost row was when the primary failed, in ms; 0 when nothing was lost. */
export const oldestLostMs = ({ lost }: Loss, failedAtMs: number) => (lost[0] ? failedAtMs - lost[0].atMs : 0);

export interface TwoWriters {
  /** Rows that only the old primary has, and rows that only the promoted one has. */
  readonly onlyPrimary: number;
  readonly onlyStandby: number;
  /** Rows that one of them took after the other had begun to write alone. Equal counts would hide this. */
  readonly atOnce: number;
}

/** Two histories that part are two writers only if they overlap in time: what was never shipped parts them too. */
export function twoWriters(primary: readonly StoredRow[], standby: readonly StoredRow[]): TwoWriters {
  const [onPrimary, onStandby] = [idsOf(primary), idsOf(standby)];
  const onlyPrimary = primary.filter(({ id }) => !onStandby.has(id));
  const onlyStandby = standby.filter(({ id }) => !onPrimary.has(id));
  const standbyBeganMs = Math.min(...onlyStandby.map(({ atMs }) => atMs));
  return {
    onlyPrimary: onlyPrimary.length,
    onlyStandby: onlyStandby.length,
    atOnce: onlyPrimary.filter(({ atMs }) => atMs >= standbyBeganMs).length,
  };
}

const idsOf = (rows: readonly StoredRow[]) => new Set(rows.map(({ id }) => id));
