import type { DatabaseMember } from '../../contracts/database';
import type { Unknown } from './index';

export interface HeartbeatRow {
  readonly kind: 'row';
  /** When it was written, by the writer's clock. */
  readonly atMs: number;
  readonly epoch: number;
  /** The newest commit that this member has replayed, by the writer's clock; absent where its engine does not say. */
  readonly replayedAtMs?: number;
}

/** SQL of a database, each question over a new connection and answered within a few seconds. */
export interface SqlDatabases {
  /** The heartbeat row, as this member has it. */
  row(member: DatabaseMember): Promise<HeartbeatRow | Unknown>;
  /** Whether it answers `select 1`. `unknown` where the question never reached the database, or it would not say. */
  answers(member: DatabaseMember): Promise<boolean | 'unknown'>;
}

/** Milliseconds that only ever grow, from any start. Not a time of day. */
export interface Stopwatch {
  elapsedMs(): number;
}

/** Writes the heartbeat row of the database that this renewer stands beside. */
export interface HeartbeatWriter {
  /**
   * Changes the row, and answers once that is committed. With `epoch` the row gets it, and its epoch never falls: `newer` says that
   * the row has a higher one. Whatever is not certainly committed is unknown.
   */
  beat(member: DatabaseMember, epoch?: number): Promise<'committed' | 'newer' | Unknown>;
}
