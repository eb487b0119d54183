import type { DatabaseStep, UndoStep } from '../database/plan';
import type { FenceSettings, RefreshSettings } from '../database/settings';
import type { Span } from '../timings/spans';

/** What a runbook must know of a database. A `DatabaseRegistration` fits. */
export interface RunbookDatabase {
  readonly pair: string;
  readonly namespace: string;
  readonly kind: string;
  readonly primaryRegion: string;
  readonly standbyRegion: string;
  readonly source: RunbookMember;
  readonly replicas: readonly RunbookMember[];
  readonly globalCluster?: string;
  readonly orderFunction?: string;
  readonly lease?: { readonly table: string; readonly region: string };
  readonly dataLoss: { readonly kind: string; readonly ms?: number };
  readonly limits: { readonly lagMs: number; readonly sampleAgeMs: number };
  readonly fences: readonly FenceSettings[];
  readonly latch: {
    readonly generation: number;
    readonly beacons: { readonly latch: string; readonly primaryAllowed: string; readonly standbyAllowed: string };
  };
  readonly writerName?: { readonly name: string };
  readonly writerParameter?: string;
  readonly refresh: readonly RefreshSettings[];
}

export interface RunbookMember {
  readonly id: string;
  readonly endpoint: string;
  readonly port: number;
  readonly engine: string;
}

/** What a runbook must know of a pair. A `PairRegistration` fits. */
export interface RunbookPair {
  readonly pair: string;
  readonly namespace: string;
  readonly recordName: string;
  readonly zoneName: string;
  readonly ttlSec: number;
  readonly primary: { readonly probe: RunbookProbe };
  readonly standby: { readonly probe: RunbookProbe };
  readonly beacons: { readonly primary: string; readonly standby?: string };
}

export interface RunbookProbe {
  readonly protocol: 'https' | 'http' | 'tcp';
  readonly connect: string;
  readonly port: number;
  readonly host?: string;
  readonly path?: string;
}

export interface Bound {
  readonly pair: RunbookPair;
  readonly database: RunbookDatabase;
}

/** One step that a person carries out, with literal commands. */
export interface RunbookStep {
  /** Of the plan where it has one: the machine has a state of that name. */
  readonly name: DatabaseStep | UndoStep | (string & {});
  readonly title: string;
  /** What must hold before. */
  readonly before: string;
  /** Lines for a POSIX shell. */
  readonly commands: readonly string[];
  /** How to see that it worked. */
  readonly verify: string;
  readonly mustNot: string;
  /** How long it takes, with the place where the number comes from. */
  readonly takes?: Span;
  /** In place of `takes`, where nobody waits or a person decides. */
  readonly waits?: string;
}

export interface RunbookPart {
  readonly title: string;
  readonly text?: string;
  readonly steps: readonly RunbookStep[];
}

export interface Runbook {
  readonly name: 'database_failover' | 'region_failover';
  readonly title: string;
  readonly intro: readonly string[];
  /** Shell variables that later commands use. */
  readonly setUp: readonly string[];
  readonly parts: readonly RunbookPart[];
  /** Never, whatever step one is at. */
  readonly never: readonly string[];
}
