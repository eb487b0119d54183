import { chownSync, cpSync, lchownSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HEARTBEAT_TABLE } from '../../contracts/database';
import type { LabTime, SiteName } from '../world';
import type { Clock } from '../world/clock';
import { findServer, type NoBinaries, removeHome, type ServerBinaries } from './binaries';
import { Link, type Place } from './link';
import { PostgresPair } from './pair';
import { freePort, initCluster, LOGIN, ownFile, PostgresServer, READER_LOGIN } from './server';

export interface PairOptions {
  readonly time: LabTime;
  /** Addresses of the two Regions. @default 127.0.0.1 and 127.0.0.2 */
  readonly addresses?: Readonly<Record<SiteName, string>>;
  /** Pause between two heartbeats of the writer, in lab ms. @default 1,000 */
  readonly heartbeatMs?: number;
  /** PEM for servers that talk TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** The clock in which the reader's login sees what was replayed. @default real time */
  readonly clock?: Clock;
}

/** `clock_timestamp` is the moment of the insert itself, not of its transaction's begin. */
const SCHEMA = `
  create schema cdk_failover;
  create table ${HEARTBEAT_TABLE} (id int primary key, beat_at timestamptz not null, epoch bigint not null);
  insert into ${HEARTBEAT_TABLE} values (1, clock_timestamp(), 0);
  create table orders (id text primary key, at timestamptz not null default clock_timestamp());
  create role ${READER_LOGIN.user} login;
  grant usage on schema cdk_failover to ${READER_LOGIN.user};
  grant select on ${HEARTBEAT_TABLE} to ${READER_LOGIN.user};`;

/** A server lives in real time. For the reader's login a function of the same name stands before PostgreSQL's own, and says lab time. */
const scaledReplay = ({ scale, originMs }: Clock) => `
  create schema lab_clock;
  create function lab_clock.pg_last_xact_replay_timestamp() returns timestamptz language sql as $$
    select to_timestamp(${originMs / 1_000} + (extract(epoch from pg_catalog.pg_last_xact_replay_timestamp()) - ${originMs / 1_000}) * ${scale})
  $$;
  grant usage on schema lab_clock to ${READER_LOGIN.user};
  alter role ${READER_LOGIN.user} set search_path = lab_clock, pg_catalog;`;

/** Starts a pair that replicates. Without server binaries there is none, and the reason says what to install. */
export async function openPair(options: PairOptions): Promise<PostgresPair | NoBinaries> {
  const binaries = findServer();
  if (binaries.kind === 'absent') return binaries;
  const opened: (() => Promise<void>)[] = [];
  try {
    const pair = await open(binaries, options, (close) => opened.push(close));
    await pair.caughtUp();
    return pair;
  } catch (error) {
    await Promise.all(opened.map((close) => close()));
    removeHome(binaries.home);
    throw error;
  }
}

async function open(
  binaries: ServerBinaries,
  { time, addresses = { primary: '127.0.0.1', standby: '127.0.0.2' }, heartbeatMs = 1_000, tls, clock }: PairOptions,
  opened: (close: () => Promise<void>) => void,
): Promise<PostgresPair> {
  const link = async (host: string, to: Place, at = 0) => {
    const made = await Link.open({ host, port: at }, to);
    opened(() => made.close());
    return made;
  };
  const places = { primary: await freePlace(addresses.primary), standby: await freePlace(addresses.standby) };
  const between = await link(addresses.standby, places.primary);
  const secure = tls ? tlsLines(binaries, tls) : [];
  const server = (name: SiteName, lines: readonly string[]) => {
    const settings = { name, folder: join(binaries.home, name), place: places[name], lines: [...secure, ...lines] };
    const made = new PostgresServer(binaries, settings);
    opened(() => made.kill());
    return made;
  };
  const { host, port: source } = between.place;
  const conninfo = `host=${host} port=${source} user=${LOGIN.user} application_name=standby sslmode=disable`;
  const servers = { primary: server('primary', []), standby: server('standby', [`primary_conninfo = '${conninfo}'`]) };
  await makeFolders(binaries);
  await Promise.all([servers.primary.start(), servers.standby.start()]);
  await servers.primary.query(clock ? SCHEMA + scaledReplay(clock) : SCHEMA);
  const { home, version } = binaries;
  const remove = () => removeHome(home);
  return new PostgresPair({
    time,
    heartbeatMs,
    servers,
    entrances: await openEntrances(places, link),
    between,
    reader: await link(addresses.standby, places.primary),
    version,
    home,
    remove,
  });
}

type OpenLink = (host: string, to: Place, at?: number) => Promise<Link>;

const PORT_ATTEMPTS = 20;

/** Clients reach either side by one name, so both entrances have the same port. */
async function openEntrances(places: Readonly<Record<SiteName, Place>>, link: OpenLink): Promise<PostgresPair['entrances']> {
  for (let attempt = 1; ; attempt++) {
    const primary = await link(places.primary.host, places.primary);
    try {
      return { primary, standby: await link(places.standby.host, places.standby, primary.place.port) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || attempt >= PORT_ATTEMPTS) throw error;
      await primary.close();
    }
  }
}

const freePlace = async (host: string): Promise<Place> => ({ host, port: await freePort(host) });

/** A cold copy of a new cluster is a base backup, without the tool for one. */
async function makeFolders(binaries: ServerBinaries): Promise<void> {
  const [primary, standby] = [join(binaries.home, 'primary'), join(binaries.home, 'standby')];
  await initCluster(binaries, primary);
  cpSync(primary, standby, { recursive: true });
  writeFileSync(join(standby, 'standby.signal'), '');
  if (binaries.user) giveAway(standby, binaries.user);
}

function giveAway(path: string, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  chownSync(path, uid, gid);
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    lchownSync(join(entry.parentPath, entry.name), uid, gid);
  }
}

function tlsLines(binaries: ServerBinaries, { cert, key }: NonNullable<PairOptions['tls']>): string[] {
  const [certFile, keyFile] = [join(binaries.home, 'server.crt'), join(binaries.home, 'server.key')];
  ownFile(binaries, certFile, cert);
  ownFile(binaries, keyFile, key);
  return ['ssl = on', `ssl_cert_file = '${certFile}'`, `ssl_key_file = '${keyFile}'`];
}
