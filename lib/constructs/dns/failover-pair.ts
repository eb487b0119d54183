import type { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { AlertPath } from '../alert';
import type { FailoverRegions } from '../regions';
import type { HealthProbe } from './health-probe';
import type { Site } from './site';

/** Whom the name answers when neither side is healthy. */
export enum BothUnhealthy {
  /** Route 53's own rule: a check on both records, and the primary is answered. */
  PRIMARY = 'PRIMARY',
  /** No check on the standby's record: the standby is answered. */
  STANDBY = 'STANDBY',
}

/** Names of the TXT records that show Route 53's verdict. */
export abstract class Beacons {
  /** `_primary._failover.<name>` and `_standby._failover.<name>`. */
  public static open(): Beacons {
    return new LabelledBeacons(undefined);
  }
  /** `_primary-<label>._failover.<name>`: not guessable, still public. */
  public static labelled(label: string): Beacons {
    return new LabelledBeacons(label);
  }
  /** No beacons. Refused where a drill or a database needs them. */
  public static none(): Beacons {
    return new NoBeacons();
  }
}
class LabelledBeacons extends Beacons {
  constructor(readonly label?: string) {
    super();
  }
}
class NoBeacons extends Beacons {}

/** One name, two sites. */
export interface FailoverPairProps {
  /** The stacks of the pair. Its scope must be `regions.routing`. */
  readonly regions: FailoverRegions;
  /** Site that serves in normal times. */
  readonly primary: Site;
  /** Site that takes over. Must render the same record types as the primary. */
  readonly standby: Site;
  /** Name inside the zone, such as `app`. @default - the apex of the zone */
  readonly recordName?: string;
  /** Name of the pair: 1 to 24 lower-case letters, digits and `-`. Frozen after the first deployment. @default - the construct id in lower case */
  readonly pairName?: string;
  /** How the primary is probed. @default HealthProbe.https() */
  readonly health?: HealthProbe;
  /** How the standby is probed. @default - as the primary */
  readonly standbyHealth?: HealthProbe;
  /** How long a resolver may keep an answer, in whole seconds. Counts in full against the RTO; over 60 s warns. @default Duration.seconds(30) */
  readonly ttl?: Duration;
  /** Whom the name answers when neither side is healthy. @default BothUnhealthy.PRIMARY */
  readonly bothUnhealthy?: BothUnhealthy;
  /** Where the pair's alarms go. @default - alarms without actions, and a synth warning */
  readonly alerts?: AlertPath;
  /** TXT records that show Route 53's verdict. @default Beacons.open() */
  readonly beacons?: Beacons;
}

/** One name, two sites: checks, records, beacons and alarms. It is impossible to build half a pair. */
export class FailoverPair extends Construct {
  constructor(scope: Construct, id: string, _props: FailoverPairProps) {
    super(scope, id);
  }
}
