import type { DatabaseMember, DatabaseRegistration, OrderRequest } from '../../../contracts/database';
import type { Functions, Unknown } from '../../ports';
import type { Databases, LagSample, Lags, OrderAnswer } from '../../ports/database';

/** A database that only a function of the user's can look at and order. What it answers is checked, not believed. */
export class OrderFunction implements Databases, Lags {
  public constructor(private readonly functions: Functions) {}

  public async look(registration: DatabaseRegistration, member: DatabaseMember): ReturnType<Databases['look']> {
    const said = await this.ask(registration, { action: 'look', member });
    if (said.kind === 'unknown') return said;
    const { status, replicaOf, replicating, isWriter } = said.answer;
    if (status === 'absent') return { kind: 'absent' };
    if (typeof status !== 'string') return { kind: 'unknown', because: 'the order function said no status' };
    return {
      kind: 'member',
      id: member.id,
      status,
      ...(typeof replicaOf === 'string' ? { replicaOf } : {}),
      ...(typeof replicating === 'boolean' ? { replicating } : {}),
      ...(typeof isWriter === 'boolean' ? { isWriter } : {}),
    };
  }

  public promote(registration: DatabaseRegistration, candidate: DatabaseMember, epoch: number): Promise<OrderAnswer> {
    return this.order(registration, { action: 'promote', member: candidate, epoch });
  }

  public switchover(registration: DatabaseRegistration, candidate: DatabaseMember, epoch: number): Promise<OrderAnswer> {
    return this.order(registration, { action: 'switchover', member: candidate, epoch });
  }

  public async samples(
    registration: DatabaseRegistration,
    member: DatabaseMember,
    fromMs: number,
    toMs: number,
  ): Promise<readonly LagSample[] | Unknown> {
    const said = await this.ask(registration, { action: 'lag', member, fromMs, toMs });
    if (said.kind === 'unknown') return said;
    const { samples } = said.answer;
    if (!Array.isArray(samples)) return { kind: 'unknown', because: 'the order function said no samples' };
    return samples.map(sampleOf).sort((a, b) => a.atMs - b.atMs);
  }

  private async order(registration: DatabaseRegistration, request: Omit<OrderRequest, 'pair'>): Promise<OrderAnswer> {
    const said = await this.ask(registration, request);
    // It may have done its work before it failed to say so.
    if (said.kind === 'unknown') return { kind: 'ambiguous', because: said.because };
    const { outcome, because, retryable } = said.answer;
    if (outcome === 'accepted') return { kind: 'accepted' };
    const why = typeof because === 'string' ? because : 'the order function gave no reason';
    if (outcome === 'already') return { kind: 'already', because: why };
    if (outcome === 'refused') return { kind: 'refused', because: why, retryable: retryable === true };
    return { kind: 'ambiguous', because: `the order function answered ${JSON.stringify(said.answer)}` };
  }

  private async ask(
    { orderFunction, pair }: DatabaseRegistration,
    request: Omit<OrderRequest, 'pair'>,
  ): Promise<{ readonly kind: 'said'; readonly answer: Readonly<Record<string, unknown>> } | Unknown> {
    if (orderFunction === undefined) return { kind: 'unknown', because: 'the registration names no order function' };
    const said = await this.functions.invoke(orderFunction, { ...request, pair } satisfies OrderRequest);
    if (said.kind === 'failed') return { kind: 'unknown', because: said.because };
    const { answer } = said;
    if (typeof answer !== 'object' || answer === null) return { kind: 'unknown', because: 'the order function answered nothing' };
    return { kind: 'said', answer: answer as Readonly<Record<string, unknown>> };
  }
}

function sampleOf(sample: unknown): LagSample {
  const { atMs, ms, because } = (sample ?? {}) as Readonly<Record<string, unknown>>;
  const at = typeof atMs === 'number' ? atMs : 0;
  if (typeof ms === 'number' && Number.isFinite(ms) && ms >= 0) return { kind: 'lag', atMs: at, ms };
  return { kind: 'unknown', atMs: at, because: typeof because === 'string' ? because : `lag ${String(ms)} is no lag` };
}
