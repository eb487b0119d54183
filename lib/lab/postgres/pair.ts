/**
 * A primary and its streaming standby, in two "Regions" of one machine: clients of a Region pass its entrance, and the
 * standby's Region reaches the primary's by one path between them. Every one of these can be broken.
 */
import { HEARTBEAT_TABLE } from '../../contracts/database';
import type { LabTime, SiteName } from '../world';
import type { Link } from './link';
import type { PostgresServer } from './server';
import type { StoredRow } from './truth';

export interface PairParts {
  readonly time: LabTime;
  readonly heartbeatMs: number;
  readonly servers: Readonly<Record<SiteName, PostgresServer>>;
  /** Where clients of a Region find its database. */
  readonly entrances: Readonly<Record<SiteName, Link>>;
  /** Replication: from the standby's Region to the primary's database. */
  readonly between: Link;
  /** The same way for whoever only looks whether the primary answers. */
  readonly reader: Link;
  readonly version: string;
  readonly home: string;
  /** Removes what the servers wrote. */
  readonly remove: () => void;
}

/** Replication lag as RDS for PostgreSQL reports it, in seconds; -1 while it does not replicate. */
const LAG = `
  select case when not pg_is_in_recovery() then -1
              else coalesce(extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()), 0) end::float8 as sec`;

const CAUGHT_UP_LIMIT_MS = 30_000;
const LOOK_MS = 50;
/** Longest wait of PostgreSQL itself for its promotion. */
const PROMOTE_LIMIT_SEC = 60;

export class PostgresPair {
  public readonly kind = 'pair';
  private open = true;
  /** Sides whose database runs its heartbeat job, as far as it runs at all. */
  private readonly beating = new Set<SiteName>(['primary']);
  private readonly heart: Promise<void>;
  /** Dead sides that were started so that their rows can be read. */
  private readonly read = new Set<SiteName>();

  public constructor(private readonly parts: PairParts) {
    this.heart = this.beat();
  }

  public get version(): string {
    return this.parts.version;
  }

  public get servers(): PairParts['servers'] {
    return this.parts.servers;
  }

  public get entrances(): PairParts['entrances'] {
    return this.parts.entrances;
  }

  public get between(): Link {
    return this.parts.between;
  }

  public get reader(): Link {
    return this.parts.reader;
  }

  /** Folder of everything that the servers wrote; gone after `close`. */
  public get home(): string {
    return this.parts.home;
  }

  /**
   * The primary's machine dies: no flush, no goodbye. What was under way is gone.
   *
   * @param paths `cut`: whoever asks is refused; `frozen`: nobody is told anything
   */
  public async crash(paths: 'cut' | 'frozen' = 'cut'): Promise<void> {
    await this.servers.primary.kill();
    await Promise.all(this.pathsToPrimary().map((link) => link.set(paths)));
  }

  /**
   * The primary's machine comes back as if nothing had happened: it recovers, and accepts writes.
   *
   * @param heartbeat whether the job inside it runs again
   */
  public async restartPrimary({ heartbeat = true } = {}): Promise<void> {
    this.setHeartbeat('primary', heartbeat);
    await this.servers.primary.start();
    await Promise.all(this.pathsToPrimary().map((link) => link.set('open')));
  }

  /** Starts or ends the heartbeat job of one database. */
  public setHeartbeat(side: SiteName, on: boolean): void {
    if (on) this.beating.add(side);
    else this.beating.delete(side);
  }

  /** The standby's machine dies, and comes back. */
  public async crashStandby(): Promise<void> {
    await this.servers.standby.kill();
    await this.entrances.standby.set('cut');
  }

  public async restartStandby(): Promise<void> {
    await this.servers.standby.start();
    await this.entrances.standby.set('open');
  }

  /** Nothing passes between the Regions any more; users reach both. */
  public async partition(): Promise<void> {
    await Promise.all([this.between.set('frozen'), this.reader.set('frozen')]);
  }

  public async healPartition(): Promise<void> {
    await Promise.all([this.between.set('open'), this.reader.set('open')]);
  }

  /** Nothing is shipped any more, while the primary goes on. */
  public freezeShipping(): Promise<void> {
    return this.between.set('frozen');
  }

  /** From now on everything reaches the standby so much later, in real ms. */
  public delayShipping(lateMs: number): void {
    this.between.delay(lateMs);
  }

  public resumeShipping(): Promise<void> {
    return this.between.set('open');
  }

  /** Makes the standby a writer. @returns once it accepts writes */
  public async promote(): Promise<void> {
    const [row] = await this.servers.standby.query<{ done: boolean }>(`select pg_promote(true, ${PROMOTE_LIMIT_SEC}) as done`);
    if (!row?.done) throw new Error(`the standby was not promoted within ${PROMOTE_LIMIT_SEC} s`);
    this.setHeartbeat('standby', true);
  }

  /** Sides that run and are not in recovery: they accept writes, whoever may reach them. One that is only being read does not count. */
  public async writers(): Promise<SiteName[]> {
    const sides: SiteName[] = ['primary', 'standby'];
    const writes = await Promise.all(
      sides.map(async (side) => {
        if (!this.servers[side].running || this.read.has(side)) return false;
        const [row] = await this.servers[side].query<{ writes: boolean }>('select not pg_is_in_recovery() as writes');
        return row?.writes ?? false;
      }),
    );
    return sides.filter((_, i) => writes[i]);
  }

  /** @returns `ReplicaLag` as RDS would report it, in real seconds; undefined while the standby does not answer */
  public async replicaLagSec(): Promise<number | undefined> {
    try {
      return (await this.servers.standby.query<{ sec: number }>(LAG))[0]?.sec;
    } catch {
      return undefined;
    }
  }

  /** Waits until the standby has replayed all that the primary has written so far. */
  public async caughtUp(): Promise<void> {
    const [end] = await this.servers.primary.query<{ at: string }>('select pg_current_wal_lsn()::text as at');
    const endMs = Date.now() + CAUGHT_UP_LIMIT_MS;
    const sql = 'select coalesce(pg_last_wal_replay_lsn() >= $1::pg_lsn, false) as done';
    while (!(await this.servers.standby.query<{ done: boolean }>(sql, [end?.at]))[0]?.done) {
      if (Date.now() > endMs) throw new Error(`the standby does not catch up:\n${this.servers.standby.log}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** All rows that clients wrote, read from the database itself. One that is dead is started for it, and stopped again. */
  public async rowsOf(side: SiteName): Promise<StoredRow[]> {
    const server = this.servers[side];
    const asleep = !server.running;
    if (asleep) this.read.add(side);
    try {
      if (asleep) await server.start();
      const rows = await server.query<{ id: string; at_ms: number }>(
        'select id, extract(epoch from at)::float8 * 1000 as at_ms from orders',
      );
      if (asleep) await server.stop();
      return rows.map(({ id, at_ms }) => ({ id, atMs: at_ms }));
    } finally {
      if (asleep) this.read.delete(side);
    }
  }

  public async close(): Promise<void> {
    this.open = false;
    const { entrances, servers, remove } = this.parts;
    await Promise.all([...this.pathsToPrimary(), entrances.standby].map((link) => link.close()));
    await this.heart;
    await Promise.all([servers.primary.kill(), servers.standby.kill()]);
    remove();
  }

  private pathsToPrimary(): Link[] {
    return [this.entrances.primary, this.between, this.reader];
  }

  /** The heartbeat of each side that writes, as a scheduled job inside that database would write it, by the lab's clock. */
  private async beat(): Promise<void> {
    const { time, heartbeatMs, servers } = this.parts;
    while (this.open) {
      const sql = `update ${HEARTBEAT_TABLE} set beat_at = to_timestamp(${time.nowMs() / 1_000}) where id = 1`;
      const beats = [...this.beating].map((side) => servers[side]).filter((server) => server.running);
      await Promise.all(beats.map((server) => server.query(sql).catch(() => undefined)));
      await time.sleep(heartbeatMs);
    }
  }
}
