/** Clients that write through a name, keep its answer for its time to live, and count every row that was acknowledged. */
import { Client } from 'pg';
import type { LabTime, SiteName } from '../world';
import { LOGIN } from './server';
import type { Acknowledged } from './truth';

/** What a name answers now, as a client without a cache would learn it. */
export type Resolve = (index: number) => Promise<{ readonly host: string; readonly ttlSec: number } | undefined>;

export interface ClientsOptions {
  readonly time: LabTime;
  /** How fast lab time runs, for the patience of connections. */
  readonly scale: number;
  readonly count: number;
  readonly port: number;
  readonly resolve: Resolve;
  /** Pause between two writes of one client, in lab ms. */
  readonly pauseMs: number;
}

/** As long as an application would wait for its database, in lab ms. */
const PATIENCE_MS = 5_000;

/** The database itself says who it is, so that nobody has to guess who took a row. */
const INSERT = "insert into orders (id) values ($1) returning current_setting('cluster_name') as by";

/** A replica that was not promoted yet says so; the connection is as good as any other. */
const READ_ONLY = '25006';

interface One {
  readonly index: number;
  rows: number;
  known?: { readonly host: string; readonly untilMs: number };
  connection?: Client;
  connectedTo?: string;
}

export class WritingClients {
  private readonly told: Acknowledged[] = [];
  private readonly ended: Promise<unknown>;
  private running = true;
  private failures = 0;

  public constructor(private readonly options: ClientsOptions) {
    this.ended = Promise.all(Array.from({ length: options.count }, (_, index) => this.live({ index, rows: 0 })));
  }

  /** Every row that a database said is safe, in the order in which clients heard it. */
  public get acknowledged(): readonly Acknowledged[] {
    return this.told;
  }

  /** Writes that failed or whose answer never came. */
  public get failed(): number {
    return this.failures;
  }

  public first(by: SiteName): Acknowledged | undefined {
    return this.told.find((one) => one.by === by);
  }

  public async stop(): Promise<void> {
    this.running = false;
    await this.ended;
  }

  private async live(one: One): Promise<void> {
    while (this.running) {
      await this.write(one).catch((error: { readonly code?: string }) => {
        this.failures += 1;
        if (error.code !== READ_ONLY) this.leave(one);
      });
      await this.options.time.sleep(this.options.pauseMs);
    }
    this.leave(one);
  }

  private async write(one: One): Promise<void> {
    const { time, resolve } = this.options;
    if (!one.known || time.nowMs() >= one.known.untilMs) {
      const answer = await resolve(one.index);
      // A resolver that cannot learn anew answers nothing; an application keeps what it is connected to.
      if (answer) one.known = { host: answer.host, untilMs: time.nowMs() + 1_000 * answer.ttlSec };
    }
    if (!one.known) return;
    const connection = await this.connected(one, one.known.host);
    const id = `${one.index}-${one.rows++}`;
    const { rows } = await connection.query<{ by: SiteName }>(INSERT, [id]);
    this.told.push({ id, by: rows[0]?.by as SiteName, atMs: time.nowMs() });
  }

  private async connected(one: One, host: string): Promise<Client> {
    if (one.connection && one.connectedTo === host) return one.connection;
    this.leave(one);
    const patience = Math.max(50, PATIENCE_MS / this.options.scale);
    const { port } = this.options;
    const client = new Client({ host, port, ...LOGIN, connectionTimeoutMillis: patience, query_timeout: patience });
    client.on('error', () => undefined);
    one.connection = client;
    one.connectedTo = host;
    await client.connect();
    return client;
  }

  /** Ends a connection without waiting: the other end may be gone. */
  private leave(one: One): void {
    void one.connection?.end().catch(() => undefined);
    one.connection = undefined;
    one.connectedTo = undefined;
  }
}
