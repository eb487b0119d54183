import type { IConstruct } from 'constructs';
import { MAX_PAIRS } from '../../decide/limits';
import { numberOf } from '../../decide/timings';
import { type Problems, warn } from '../internal/problems';

/** Checks that the pairs of a whole app make. The quota is per account; an app with several accounts is warned early. */
const checksOf = new WeakMap<IConstruct, number>();

/** What the pairs of one control set must not share, and how many there may be. */
export class PairRegister {
  private readonly names = new Set<string>();
  private readonly records = new Set<string>();
  private readonly owners = new Map<string, IConstruct>();

  /** Adds a pair, or says why it does not fit. */
  public add(pair: { readonly name: string; readonly fqdn: string }, problems: Problems): void {
    problems.addIf(
      this.names.has(pair.name),
      'PairName',
      `pairName is "${pair.name}", which another pair of the control set has; parameters and alarms are named after it; set another pairName`,
    );
    problems.addIf(
      this.records.has(pair.fqdn),
      'RecordName',
      `recordName is "${pair.fqdn}", which another pair answers; Route 53 allows one PRIMARY and one SECONDARY per name; set another recordName`,
    );
    problems.addIf(
      this.names.size >= MAX_PAIRS,
      'TooManyPairs',
      `this is pair ${MAX_PAIRS + 1} of the control set; its stacks and policies hold ${MAX_PAIRS}; make a second FailoverRegions with a controlSetName of its own`,
    );
    this.names.add(pair.name);
    this.records.add(pair.fqdn);
  }

  /** False when the regional name belongs to another resource already. */
  public claimName(name: string, owner: IConstruct): boolean {
    const before = this.owners.get(name) ?? owner;
    this.owners.set(name, before);
    return before === owner;
  }

  /** Warns once when the app passes the quota of an account. */
  public countChecks(pair: IConstruct, checks: number): void {
    const quota = numberOf('check.quota', 'count');
    const before = checksOf.get(pair.node.root) ?? 0;
    const now = before + checks;
    checksOf.set(pair.node.root, now);
    if (before <= quota && now > quota) {
      warn(
        pair,
        'ManyChecks',
        `the app has ${now} health checks with this pair; an account holds ${quota} unless AWS raised its quota; raise it before deploying`,
      );
    }
  }
}
