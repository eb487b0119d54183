import type { LatchSettings } from './database';

/**
 * What a pair is, as one JSON document in SSM (standby Region). Written at deploy time by the pair's stack, read at run
 * time by drill, restore and keeper. An SSM standard parameter holds 4,096 characters: keep it small.
 */
export const REGISTRATION_SCHEMA = 'cdk-failover.registration/1';

export interface PairRegistration {
  readonly schema: typeof REGISTRATION_SCHEMA;
  /** Name of the pair, unique in its namespace: lower-case letters, digits and `-`. */
  readonly pair: string;
  readonly namespace: string;
  /** Full record name without the closing dot, such as `app.example.com`. */
  readonly recordName: string;
  /** Zone name without the closing dot. Its NS records say which servers are asked. */
  readonly zoneName: string;
  /** Time to live of the pair's records, in seconds. */
  readonly ttlSec: number;
  readonly primary: RegisteredSite;
  readonly standby: RegisteredSite;
  /** Names of the TXT beacons. `standby` is absent when no check watches the standby. */
  readonly beacons: { readonly primary: string; readonly standby?: string };
  /** SSM parameter in us-east-1 with a `ChecksDocument`. */
  readonly checksParameter: string;
  /** Alarms of the pair. Those with `inDrill` are expected to fire while a drill runs. */
  readonly alarms: readonly RegisteredAlarm[];
  /** Topics in the standby Region for the drill's own events; absent when nobody is to be told. */
  readonly topics?: { readonly critical: string; readonly warning: string };
  /** Absent when the pair has no drill. */
  readonly drill?: DrillSettings;
  /** Absent when nothing can latch the primary out. `region`: where its alarms are. */
  readonly latch?: LatchSettings & { readonly region: string };
  /** A database that its own service fails over inside its Region; the keeper looks at its writer. Absent where there is none. */
  readonly serviceDatabase?: ServiceDatabase;
}

export interface ServiceDatabase {
  readonly kind: 'instance' | 'cluster';
  readonly id: string;
  readonly region: string;
}

/** What one side answers, and how to probe it directly. */
export interface RegisteredSite {
  /** `primary` or `standby`, as the site itself reports it in `X-Failover-Site`. */
  readonly site: 'primary' | 'standby';
  /** What the pair's name answers while this side serves. */
  readonly answers: readonly RegisteredAnswer[];
  readonly probe: ProbeTarget;
}

export interface RegisteredAnswer {
  readonly type: 'A' | 'AAAA' | 'CNAME';
  readonly values: readonly string[];
}

/** One direct probe: where to connect and what to ask. */
export interface ProbeTarget {
  readonly protocol: 'https' | 'http' | 'tcp';
  /** Address or name to connect to. */
  readonly connect: string;
  readonly port: number;
  /** Host header and SNI. Absent for `tcp`. */
  readonly host?: string;
  /** Path with query. Absent for `tcp`. */
  readonly path?: string;
  /** Text that must stand in the first 5,120 bytes of the body. */
  readonly searchString?: string;
}

export interface RegisteredAlarm {
  readonly name: string;
  readonly region: string;
  /** Fires by design while a drill runs. */
  readonly inDrill: boolean;
  /** Refuses or aborts a drill while in ALARM. */
  readonly blocksDrill: boolean;
}

export interface DrillSettings {
  readonly fault:
    | { readonly kind: 'healthCheckPath' }
    | { readonly kind: 'functions'; readonly inject: string; readonly restore: string }
    /** `beacon` shows the check that holds the primary out while `alarm` is on, in the standby Region. */
    | { readonly kind: 'metric'; readonly beacon: string; readonly alarm: string; readonly region: string };
  /** Targets in seconds: detection, switch, RTO. */
  readonly targets: { readonly detectionSec: number; readonly switchSec: number; readonly rtoSec: number };
  /** Hours of the day, in `timeZone`, in which a TRAFFIC drill may start. Absent: always. */
  readonly window?: { readonly fromHour: number; readonly toHour: number; readonly timeZone: string };
  /** Authoritative servers as `host` or `host:port`. Absent: the NS records of the zone, port 53. */
  readonly nameServers?: readonly string[];
  /** PEM of an extra certificate authority that direct probes trust. */
  readonly certificateAuthority?: string;
}

/** The document in the `checks` parameter of us-east-1. */
export interface ChecksDocument {
  readonly primary: string;
  readonly standby?: string;
}
