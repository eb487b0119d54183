/**
 * Logic for calculated health checks. They cannot nest and know one rule: at least `threshold` children are healthy. An
 * AND over at most one OR group fits into it when each AND-term comes in so many copies that the group cannot make up for it.
 */

/** Every term of `and` holds, and at least `least` of `or` where there are any. A term is the name of a condition. */
export interface Formula {
  readonly and: readonly string[];
  readonly or: readonly string[];
  /** 1 when left out. */
  readonly least?: number;
}

/** One child of a calculated check. Copies of one term are distinct checks on the same source. */
export interface Child {
  readonly term: string;
  /** Counts from 1. */
  readonly copy: number;
}

export interface Compiled {
  readonly children: readonly Child[];
  /** Healthy while at least so many children are. */
  readonly threshold: number;
}

/**
 * Compiles a formula of *k* AND-terms and a group of *m* terms of which *t* must hold.
 *
 * With *c = m - t + 1* copies of each AND-term and the threshold *k·c + t*: all AND-terms and *t* of the group make *k·c + t* or
 * more; one AND-term missing leaves at most *(k - 1)·c + m = k·c + t - 1*; one of the group missing, with *t - 1* left, as well.
 *
 * @throws Error for a formula without terms, which would always be healthy, one that repeats a term, or a group that can
 * never or will always hold
 */
export function compile({ and, or, least = 1 }: Formula): Compiled {
  const terms = [...and, ...or];
  if (terms.length === 0) throw new Error('a formula without terms is always healthy');
  if (new Set(terms).size !== terms.length) throw new Error(`a term comes twice in ${terms.join(', ')}`);
  if (or.length === 0) return { children: and.map((term) => ({ term, copy: 1 })), threshold: and.length };
  if (!(least >= 1 && least <= or.length)) throw new Error(`${least} of ${or.length} terms cannot be asked for`);
  const each = or.length - least + 1;
  const copies = and.flatMap((term) => Array.from({ length: each }, (_, n) => ({ term, copy: n + 1 })));
  return {
    children: [...or.map((term) => ({ term, copy: 1 })), ...copies],
    threshold: and.length * each + least,
  };
}

/** What the calculated check says; `holds` says it of a single child. */
export const verdictOf = ({ children, threshold }: Compiled, holds: (child: Child) => boolean): boolean =>
  children.filter(holds).length >= threshold;

/** Terms of a latched pair: health checks that are healthy while the condition holds. */
export type LatchTerm = 'endpoint' | 'hold' | 'not-latched' | 'latched';

/** The primary may be answered: it is healthy, or held, and nobody has latched it out. */
export const PRIMARY_ALLOWED: Formula = { and: ['not-latched'], or: ['endpoint', 'hold'] } satisfies Record<string, LatchTerm[]>;

/** The standby may be answered: it is healthy, or the primary is latched out and there is nobody else. */
export const STANDBY_ALLOWED: Formula = { and: [], or: ['endpoint', 'latched'] } satisfies Record<string, LatchTerm[]>;
