import type { Provenance } from '../provenance';
import { FACTS, type Row, type Unit } from './facts';

export type { Unit } from './facts';

/** Name of a fact, such as `check.interval.fast`. */
export type FactId = keyof typeof FACTS;

/** One number of a service, with everything needed to print it honestly. */
export interface Fact {
  readonly id: FactId;
  readonly value: number;
  readonly unit: Unit;
  /** Page of the vendor that says it, or that would have to. */
  readonly source: string;
  readonly provenance: Provenance;
  /** Day on which the source was read; a month where only that is known. */
  readonly date: string;
  /** What the number is, without the number. */
  readonly what: string;
  /** What surprises about it. */
  readonly note?: string;
}

/** One fact, by its name. */
export function fact(id: FactId): Fact {
  const row: Row = FACTS[id];
  const [value, unit, origin, source, what, note] = row;
  return { id, value, unit, source, provenance: origin.provenance, date: origin.date, what, ...(note ? { note } : {}) };
}

/** All facts, in the order of the data file. */
export const allFacts = (): readonly Fact[] => (Object.keys(FACTS) as FactId[]).map(fact);

/**
 * The bare number, for a caller that says which unit it expects.
 *
 * @throws Error when the fact is kept in another unit: that is our own mistake.
 */
export function numberOf(id: FactId, unit: Unit): number {
  const found = fact(id);
  if (found.unit !== unit) throw new Error(`fact ${id} is in ${found.unit}, not in ${unit}`);
  return found.value;
}
