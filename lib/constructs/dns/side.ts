import type { IAliasRecordTarget, InsufficientDataHealthStatusEnum } from 'aws-cdk-lib/aws-route53';
import type { Construct, IConstruct } from 'constructs';
import type { RegisteredAnswer } from '../../contracts/registration';
import type { Problems } from '../internal/problems';
import type { FailoverRegions } from '../regions';

/** Which site of a pair. */
export enum PairSide {
  /** The site that serves in normal times. */
  PRIMARY = 'primary',
  /** The site that takes over. */
  STANDBY = 'standby',
}

/** What a site or a probe needs to know about its pair. */
export interface SideContext {
  readonly pair: Construct;
  readonly side: 'primary' | 'standby';
  /** The prop in which the user wrote the side's probe. */
  readonly probeProp: 'health' | 'standbyHealth';
  readonly regions: FailoverRegions;
  /** Full name that the pair answers. */
  readonly fqdn: string;
  readonly apex: boolean;
  readonly problems: Problems;
}

/** One record of a side: values, or an alias. */
export interface SideRecord {
  readonly type: 'A' | 'AAAA' | 'CNAME';
  readonly values?: readonly string[];
  readonly alias?: IAliasRecordTarget;
}

/** Where checkers connect: to a fixed address, or to whatever a name answers at that moment. */
export type Endpoint = { readonly mode: 'ip'; readonly address: string } | { readonly mode: 'name'; readonly name: string };

/** What a site renders. */
export interface BoundSite {
  readonly records: readonly SideRecord[];
  readonly answers: readonly RegisteredAnswer[];
  readonly endpoint: Endpoint;
}

/** One probe, every value filled in. */
export interface BoundProbe {
  readonly protocol: 'https' | 'http' | 'tcp';
  readonly port: number;
  readonly intervalSec: number;
  readonly failures: number;
  readonly checkerRegions?: readonly string[];
  readonly path?: string;
  readonly searchString?: string;
  /** Host header and SNI. Absent for `tcp`. */
  readonly host?: string;
}

/** What Route 53 looks at. */
export type BoundCheck =
  | { readonly kind: 'endpoint'; readonly probe: BoundProbe }
  | {
      readonly kind: 'alarm';
      readonly name: string;
      readonly region: string;
      readonly fingerprint: string;
      /** What the check says while the alarm has no data. */
      readonly silent: InsufficientDataHealthStatusEnum;
      readonly alarm: IConstruct;
    }
  | { readonly kind: 'calculated'; readonly children: readonly BoundCheck[]; readonly healthy: number }
  | { readonly kind: 'existing'; readonly id: string };

/** The health of a side: what Route 53 looks at, and how a drill asks the site itself. */
export interface BoundHealth {
  readonly check: BoundCheck;
  readonly direct: BoundProbe;
}
