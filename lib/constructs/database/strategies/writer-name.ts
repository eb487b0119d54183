import { nameFault } from '../../internal/dns-names';
import { isKnown, type Problems, shown } from '../../internal/problems';

/** Name in a private hosted zone. */
export interface PrivateZoneWriterName {
  /** Id of the private hosted zone, such as `Z0123456789ABCDEFGHIJ`. Its VPCs see the name; associate those of both Regions. */
  readonly hostedZoneId: string;
  /** Full name, such as `db.shop.internal`. */
  readonly name: string;
}

/** How long a resolver may keep the writer's address, in seconds. Counts in full against the RTO of writers. */
export const WRITER_TTL_SEC = 5;

/** A name that always answers the database that writes. */
export abstract class WriterName {
  /**
   * A chain of failover CNAMEs, one per replica, each with a health check that reads an alarm in the standby Region, and the
   * source at its end. The controller moves it by a metric: no record is changed when it fails over.
   *
   * Clients connect to it with TLS that accepts the database's own name, and must not cache the answer for longer than 5 s.
   *
   * @see https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-private-hosted-zones.html
   */
  public static privateZone(options: PrivateZoneWriterName): WriterName {
    return new PrivateZoneName(options);
  }

  /**
   * Checks the name.
   *
   * @internal
   */
  public abstract _bind(problems: Problems): PrivateZoneWriterName;
}

class PrivateZoneName extends WriterName {
  constructor(private readonly options: PrivateZoneWriterName) {
    super();
  }

  public _bind(problems: Problems): PrivateZoneWriterName {
    const { hostedZoneId } = this.options;
    const name = isKnown(this.options.name) ? this.options.name.toLowerCase().replace(/\.$/, '') : this.options.name;
    problems.addIf(
      !isKnown(hostedZoneId) || !/^Z[A-Z0-9]{1,31}$/.test(hostedZoneId),
      'WriterZone',
      `writer.hostedZoneId is ${shown(hostedZoneId)}; records in us-east-1 name the zone; give the id of the private hosted zone as plain text, such as Z0123456789ABCDEFGHIJ`,
    );
    const fault = isKnown(name) ? nameFault(name) : 'it is only known at deploy time';
    problems.addIf(
      fault !== undefined,
      'WriterNameFault',
      `writer.name is ${shown(name)} and ${fault}; give a full name inside the zone, such as db.shop.internal`,
    );
    return { hostedZoneId, name };
  }
}
