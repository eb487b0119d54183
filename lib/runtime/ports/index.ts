import type { FailoverEvent } from '../../contracts/events';
import type { ChecksDocument, PairRegistration, ProbeTarget } from '../../contracts/registration';
import type { JournalItem } from '../../decide/journal';

export * from './pager';

/** The clock, both halves of it: faking one half makes tests spin or lie. */
export interface Time {
  /** Unix time in milliseconds. */
  nowMs(): number;
  sleep(ms: number): Promise<void>;
}

/** Chance, for jitter and ids. */
export interface Chance {
  /** A number from 0 up to, not including, 1. */
  uniform(): number;
}

/** Something that could not be learned, and why. Never read as a value. */
export interface Unknown {
  readonly kind: 'unknown';
  readonly because: string;
}

export type DnsAnswer =
  | { readonly kind: 'answer'; readonly values: readonly string[]; readonly ttlSec: number }
  /** The server answered that the name has no such record. */
  | { readonly kind: 'none'; readonly because: string }
  | Unknown;

export interface Dns {
  /** Authoritative servers of the zone as `address:port`, by the system's resolver. */
  nameServers(zoneName: string): Promise<readonly string[] | Unknown>;
  /** Asks one server (`host` or `host:port`) once, without any cache. CNAME values have no closing dot. */
  ask(server: string, name: string, type: 'A' | 'AAAA' | 'CNAME' | 'TXT', transport?: 'udp' | 'tcp'): Promise<DnsAnswer>;
  /** Addresses of a name by the system's resolver, for following a CNAME out of the zone. */
  addresses(name: string): Promise<readonly string[] | Unknown>;
}

export interface ProbeAnswer {
  /**
   * `good`: 2xx or 3xx in time, with a valid certificate and the search string where there is one. For `tcp`: connected.
   * `bad`: the endpoint answered otherwise or not at all.
   */
  readonly kind: 'good' | 'bad';
  readonly because: string;
  readonly status?: number;
  /** `X-Failover-Site`, when sent. */
  readonly site?: string;
  readonly certificateExpiresAtMs?: number;
  readonly tookMs: number;
}

export interface Probe {
  /** One request over a new connection. `path` replaces the target's own. Redirects are not followed. */
  probe(
    target: ProbeTarget,
    options?: {
      readonly path?: string;
      readonly connect?: string;
      readonly port?: number;
      readonly host?: string;
      /** PEM of a certificate authority that is trusted besides the public ones. */
      readonly certificateAuthority?: string;
    },
  ): Promise<ProbeAnswer>;
}

export interface HealthCheckView {
  readonly id: string;
  readonly version: number;
  readonly type: string;
  readonly path?: string;
  readonly port?: number;
}

export interface CheckerObservation {
  readonly region: string;
  readonly healthy: boolean;
  readonly checkedAtMs: number;
  readonly text: string;
}

/** Route 53 health checks. Only a drill and its restore write, and only path or port. */
export interface HealthChecks {
  read(id: string): Promise<HealthCheckView | Unknown>;
  /** Writes only if the stored version is still `version`. */
  write(
    id: string,
    version: number,
    change: { readonly path?: string; readonly port?: number },
  ): Promise<'written' | 'version-mismatch' | Unknown>;
  /** AWS allows one such call per second and account. */
  observations(id: string): Promise<readonly CheckerObservation[] | Unknown>;
}

export interface Journal {
  read(pair: string): Promise<JournalItem | undefined>;
  /** Writes the item if the stored revision is still `seen` (0: no item yet). A lost race is an answer. */
  write(item: JournalItem, seen: number): Promise<'written' | 'lost'>;
  /** Claims a unit of work once: true for the first caller of this key, false for every other. */
  once(key: string): Promise<boolean>;
}

export interface Registry {
  pair(name: string): Promise<PairRegistration | Unknown>;
  pairs(): Promise<readonly PairRegistration[] | Unknown>;
  checks(registration: PairRegistration): Promise<ChecksDocument | Unknown>;
}

export interface Schedules {
  /** A one-shot schedule that invokes the restore function; the same name again is `exists`. It may fire 60 s late. */
  restoreAt(name: string, atMs: number, input: unknown): Promise<'created' | 'exists' | Unknown>;
  remove(name: string): Promise<'removed' | 'absent' | Unknown>;
}

export interface Machine {
  start(name: string, input: unknown): Promise<{ readonly kind: 'started' | 'exists'; readonly execution: string } | Unknown>;
}

export interface Alarms {
  /** State of each alarm, by name, in one Region. */
  states(
    region: string,
    names: readonly string[],
  ): Promise<Readonly<Record<string, 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'>> | Unknown>;
}

export interface Metrics {
  publish(
    metrics: readonly {
      readonly name: string;
      readonly value: number;
      readonly unit: 'Seconds' | 'Count' | 'None';
      readonly dimensions: Readonly<Record<string, string>>;
    }[],
  ): Promise<void>;
}

export interface Reports {
  put(key: string, body: string, contentType: string): Promise<void>;
}

/** Puts an event on the alert path. */
export interface Announcer {
  announce(topicArn: string, event: FailoverEvent): Promise<void>;
}

/** A function of the user's, or our restore function. */
export interface Functions {
  invoke(
    name: string,
    payload: unknown,
  ): Promise<{ readonly kind: 'done'; readonly answer: unknown } | { readonly kind: 'failed'; readonly because: string }>;
}

/** Structured log lines. */
export interface Log {
  info(what: string, facts?: Readonly<Record<string, unknown>>): void;
  error(what: string, facts?: Readonly<Record<string, unknown>>): void;
}
