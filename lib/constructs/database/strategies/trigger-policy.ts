import type { DatabaseRegistration } from '../../../contracts/database';

/** Who may start a failover of the database. A failing web endpoint alone moves traffic and never a database. */
export class TriggerPolicy {
  /**
   * By itself, when every witness says that the writer is dead: Route 53's checkers, our own probe, the evidence about the writer and,
   * where there is one, the lease. Needs strong evidence: a heartbeat reader, or Aurora's own word.
   */
  public static unanimous(): TriggerPolicy {
    return new TriggerPolicy({ kind: 'unanimous' });
  }

  /**
   * By itself, when 3 of the 4 witnesses say that the writer is dead: Route 53's checkers may be silent, because their name servers
   * cannot be reached, say. Our own probe and the evidence about the writer come over one path, so this needs a lease, which must have
   * expired. A witness that contradicts always holds it back. Its price: a cut path, a silent Route 53 and a dead renewer beside a living
   * writer, all at once, replace that writer. Needs strong evidence.
   *
   * @param of 3
   */
  public static quorum(of: number): TriggerPolicy {
    return new TriggerPolicy({ kind: 'quorum', of });
  }

  /** A person only. Everything else stays: the witnesses page, and the plan is the same. */
  public static manual(): TriggerPolicy {
    return new TriggerPolicy({ kind: 'manual' });
  }

  private constructor(private readonly policy: DatabaseRegistration['trigger']) {}

  /**
   * What the controller is told.
   *
   * @internal
   */
  public get _policy(): DatabaseRegistration['trigger'] {
    return this.policy;
  }
}
