import type { ServerBinary } from './lab-sql';
import { MysqlServer, type MysqlSettings } from './mysql';

/** How the two families say the same. */
const WORDS = {
  mariadb: {
    source: (port: number, file: string) =>
      `change master to master_host = '127.0.0.1', master_port = ${port}, master_user = 'repl', master_password = 'r', ` +
      `master_connect_retry = 1, master_log_file = '${file}', master_log_pos = 4; start slave`,
    pause: 'stop slave',
    resume: 'start slave',
    forget: 'reset slave all',
  },
  mysql: {
    source: (port: number, file: string) =>
      `change replication source to source_host = '127.0.0.1', source_port = ${port}, source_user = 'repl', source_password = 'r', ` +
      `source_connect_retry = 1, source_log_file = '${file}', source_log_pos = 4, source_ssl = 1; start replica`,
    pause: 'stop replica',
    resume: 'start replica',
    forget: 'reset replica all',
  },
} as const;

/** A primary, a replica that took everything by its binary log, and one made of a copy of its files, as RDS makes them. */
export class MysqlReplicas {
  private constructor(
    private readonly words: (typeof WORDS)[keyof typeof WORDS],
    public readonly primary: MysqlServer,
    public readonly follower: MysqlServer,
    public readonly copy: MysqlServer,
  ) {}

  public static async start(
    binary: ServerBinary,
    settings: MysqlSettings,
    install: (primary: MysqlServer) => void,
  ): Promise<MysqlReplicas> {
    const words = WORDS[binary.engine === 'mariadb' ? 'mariadb' : 'mysql'];
    const made = (id: number, given: MysqlSettings) =>
      MysqlServer.start(binary, { ...given, options: { ...given.options, 'server-id': id, 'event-scheduler': 'ON' } });
    const primary = await made(1, settings);
    const first = logsOf(primary)[0] ?? '';
    primary.sql("create user repl identified by 'r'; grant replication slave on *.* to repl");
    install(primary);
    const follower = await made(2, { tls: settings.tls, options: { 'read-only': 1 } });
    follower.sql(words.source(primary.port, first));
    await primary.stop();
    const copy = await made(3, { ...settings, from: primary, options: { ...settings.options, 'read-only': 1 } });
    await primary.start();
    copy.sql(words.source(primary.port, logsOf(primary).at(-1) ?? ''));
    return new MysqlReplicas(words, primary, follower, copy);
  }

  public pause(replica: MysqlServer): void {
    replica.sql(this.words.pause);
  }
  public resume(replica: MysqlServer): void {
    replica.sql(this.words.resume);
  }
  /** What RDS does when it promotes. */
  public promote(replica: MysqlServer): void {
    replica.sql(`${this.words.pause}; ${this.words.forget}; set global read_only = 0`);
  }
  public async close(): Promise<void> {
    await Promise.all([this.primary, this.follower, this.copy].map((server) => server.close()));
  }
}

const logsOf = (server: MysqlServer) =>
  server
    .sql('show binary logs')
    .split('\n')
    .map((line) => line.split('\t')[0]);
