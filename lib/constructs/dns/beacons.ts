import { type BeaconSubject, beaconName } from '../../decide/names';
import { type Problems, shown } from '../internal/problems';

/**
 * Names of the TXT records that show Route 53's verdict.
 *
 * Anyone can read a beacon from the zone's own name servers within seconds, without credentials, console or us-east-1. A drill
 * reads it too.
 */
export abstract class Beacons {
  /** `_primary._failover.<name>` and `_standby._failover.<name>`. */
  public static open(): Beacons {
    return new LabelledBeacons();
  }

  /** `_primary-<label>._failover.<name>`: not guessable, still public. Letters, digits and `-`, at most 32. */
  public static labelled(label: string): Beacons {
    return new LabelledBeacons(label);
  }

  /** No beacons. The pair is then unknown to keeper and command line, and a drill or a database refuses it. */
  public static none(): Beacons {
    return new NoBeacons();
  }

  /**
   * Name of one beacon; undefined without beacons.
   *
   * @internal
   */
  public abstract _name(subject: BeaconSubject, fqdn: string): string | undefined;

  /**
   * Adds what is wrong with the label.
   *
   * @internal
   */
  public abstract _check(problems: Problems): void;
}

class LabelledBeacons extends Beacons {
  constructor(private readonly label?: string) {
    super();
  }

  public _name(subject: BeaconSubject, fqdn: string): string {
    return beaconName(subject, fqdn, this.label);
  }

  public _check(problems: Problems): void {
    problems.addIf(
      this.label !== undefined && !/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(this.label),
      'BeaconLabel',
      `beacons has the label ${shown(this.label)}; it is part of a DNS name and takes 1 to 32 lower-case letters, digits and -; shorten or spell it so`,
    );
  }
}

class NoBeacons extends Beacons {
  public _name(): undefined {
    return undefined;
  }

  public _check(): void {
    // Nothing that could be wrong.
  }
}
