/** The hosted zone: records that only legal change batches may change. */
import {
  absolute,
  applyBatch,
  type BatchResult,
  bare,
  type Change,
  type HealthOf,
  type Lookup,
  lookUp,
  type RecordSet,
} from '../../decide/route53';

export class Zone {
  public readonly name: string;
  private current: readonly RecordSet[];
  private readonly listeners = new Set<(changes: number) => void>();

  /** @param nameServers names for the NS records, such as `ns1.lab.example` */
  constructor(name: string, nameServers: readonly string[]) {
    this.name = bare(name);
    const soa = `${absolute(nameServers[0] ?? name)} hostmaster.${absolute(name)} 1 7200 900 1209600 60`;
    this.current = [
      { name: absolute(name), type: 'SOA', ttlSec: 900, values: [soa] },
      { name: absolute(name), type: 'NS', ttlSec: 172_800, values: nameServers.map(absolute) },
    ];
  }

  public get records(): readonly RecordSet[] {
    return this.current;
  }

  /** Applies all changes or none, as ChangeResourceRecordSets does. */
  public change(changes: readonly Change[]): BatchResult {
    const result = applyBatch(this.name, this.current, changes);
    if (result.kind === 'applied') {
      this.current = result.records;
      for (const listener of this.listeners) listener(changes.length);
    }
    return result;
  }

  public answer(name: string, type: string, health: HealthOf): Lookup {
    return lookUp(this.name, this.current, name, type, health);
  }

  /** Calls `listener` after each applied batch. */
  public onChange(listener: (changes: number) => void): void {
    this.listeners.add(listener);
  }
}
