import { lasting } from './words';

/** Whether somebody besides today's writer claims to write, after a promotion. */
export interface ClaimFacts {
  readonly epoch: number;
  /** Newest heartbeat row of the old writer, when it can be read. */
  readonly oldWriter?: {
    readonly id: string;
    readonly rowEpoch: number;
    readonly unchangedForMs: number;
    readonly limitMs: number;
  };
  /** Name servers that answer the side that must be kept out. */
  readonly astray: readonly string[];
  /** What the latch beacon says: `healthy` is not latched. */
  readonly latch: 'healthy' | 'unhealthy' | 'unknown';
}

export type Claim = { readonly kind: 'none' } | { readonly kind: 'claimed'; readonly because: string };

export function claimOf(facts: ClaimFacts): Claim {
  const { oldWriter } = facts;
  const claims: string[] = [];
  if (oldWriter && oldWriter.rowEpoch < facts.epoch && oldWriter.unchangedForMs <= oldWriter.limitMs) {
    claims.push(
      `${oldWriter.id} wrote a row of epoch ${oldWriter.rowEpoch} ${lasting(oldWriter.unchangedForMs)} ago, the epoch is ${facts.epoch}`,
    );
  }
  if (facts.astray.length > 0) claims.push(`${facts.astray.join(', ')} answer the old primary`);
  if (facts.latch === 'healthy') claims.push('the latch does not show');
  return claims.length > 0 ? { kind: 'claimed', because: claims.join('; ') } : { kind: 'none' };
}
