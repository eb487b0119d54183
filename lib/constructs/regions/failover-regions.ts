import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { ROUTING_REGION } from '../../decide/names';
import { ControlSet } from '../control';
import { plainName } from '../internal/dns-names';
import { Problems, warn } from '../internal/problems';
import { deployAfter } from '../internal/stack-order';
import type { FailoverZone } from './failover-zone';
import { PairRegister } from './pair-register';
import { checkName, checkSites, checkStacks, checkZone } from './region-rules';

/** What one control set spans. */
export interface FailoverRegionsProps {
  /**
   * Account of all three stacks.
   *
   * @default - the account of the credentials used to deploy
   */
  readonly account?: string;
  /** Region that serves in normal times, such as `eu-west-1`. Plain text, partition `aws`. */
  readonly primary: string;
  /**
   * Region that takes over. Journal, drill and keeper live here.
   *
   * The same as `primary` only in us-east-1: then one stack takes all three roles.
   */
  readonly standby: string;
  /** Public hosted zone of the pairs. */
  readonly zone: FailoverZone;
  /**
   * Name of the control set, part of all deterministic names: 1 to 20 lower-case letters, digits and `-`. Unique in the
   * account. Frozen after the first deployment.
   *
   * @default - the construct id in lower case
   */
  readonly controlSetName?: string;
}

/** Stacks of your own, one per role; the same stack may take all three roles in us-east-1. */
export interface FailoverStacks {
  /** Region that serves in normal times. */
  readonly primary: Stack;
  /** Region that takes over. Journal, drill and keeper live here. */
  readonly standby: Stack;
  /** Must be in us-east-1: health checks, records and their alarms live together. */
  readonly routing: Stack;
  /** Public hosted zone of the pairs. */
  readonly zone: FailoverZone;
  /**
   * Name of the control set, as in `FailoverRegionsProps`.
   *
   * @default - the construct id in lower case
   */
  readonly controlSetName?: string;
}

type Role = 'primary' | 'standby' | 'routing';

/**
 * The stacks of one app: primary, standby and routing. One control set per instance, shared by its pairs.
 *
 * Stacks are made on first use, below this construct, and named `<control set>-primary`, `-standby` and `-routing`
 * (`<control set>-failover` when one stack takes all roles). No value crosses a Region between them, so each one deploys
 * alone (`cdk deploy --exclusively`) while another Region is gone.
 */
export class FailoverRegions extends Construct {
  /**
   * Uses stacks that exist already.
   *
   * @throws RoutingRegion when `routing` is not in us-east-1, SameRegion when primary and standby share a Region,
   * CrossRegionReferences when a stack has `crossRegionReferences: true`.
   */
  public static fromStacks(scope: Construct, id: string, stacks: FailoverStacks): FailoverRegions {
    const regions = new FailoverRegions(scope, id, {
      primary: stacks.primary.region,
      standby: stacks.standby.region,
      zone: stacks.zone,
      controlSetName: stacks.controlSetName,
    });
    regions._use(stacks);
    return regions;
  }

  /** Journal, drill, restore and keeper of these Regions; made in the standby stack on first use. */
  public static controlOf(regions: FailoverRegions): ControlSet {
    const id = `ControlSet-${regions.controlSetName}`;
    const found = regions.standby.node.tryFindChild(id);
    if (found instanceof ControlSet) return found;
    const made = new ControlSet(regions.standby, id, { regions });
    for (const act of regions.waiting.splice(0)) act(made);
    return made;
  }

  /** Name of the control set, part of all deterministic names. */
  public readonly controlSetName: string;
  /** Public hosted zone of the pairs. */
  public readonly zone: FailoverZone;
  /** Region that serves in normal times. */
  public readonly primaryRegion: string;
  /** Region that takes over. */
  public readonly standbyRegion: string;

  /**
   * What the pairs of this control set must not share.
   *
   * @internal
   */
  public readonly _pairs = new PairRegister();

  private readonly account?: string;
  private readonly waiting: ((control: ControlSet) => void)[] = [];
  private readonly stacks: Partial<Record<Role, Stack>> = {};

  /**
   * @throws UnknownRegion, Partition, RoutingRegion, ControlSetName, ZoneName or PrivateZone; all that apply at once.
   */
  constructor(scope: Construct, id: string, props: FailoverRegionsProps) {
    super(scope, id);
    this.account = props.account;
    this.primaryRegion = props.primary;
    this.standbyRegion = props.standby;
    this.controlSetName = props.controlSetName ?? id.toLowerCase();
    this.zone = { ...props.zone, zoneName: plainName(props.zone.zoneName) };

    const problems = new Problems();
    checkSites(props.primary, props.standby, problems);
    checkName(this.controlSetName, problems);
    checkZone(props.zone, problems);
    problems.throwAt(this);
    this.warnSharedFate();
  }

  /** Stack in the Region that serves in normal times. */
  public get primary(): Stack {
    return this.stackOf('primary');
  }

  /** Stack in the Region that takes over. */
  public get standby(): Stack {
    return this.stackOf('standby');
  }

  /** Stack in us-east-1 with health checks, records and their alarms. The scope of every pair. */
  public get routing(): Stack {
    return this.stackOf('routing');
  }

  /**
   * True when one stack takes all three roles.
   *
   * @internal
   */
  public get _oneStack(): boolean {
    return this.primaryRegion === this.standbyRegion;
  }

  /**
   * Takes stacks of the user in place of own ones.
   *
   * @internal
   */
  public _use(stacks: FailoverStacks): void {
    const problems = new Problems();
    checkStacks(stacks, problems);
    problems.throwAt(this);
    Object.assign(this.stacks, { primary: stacks.primary, standby: stacks.standby, routing: stacks.routing });
    this.order();
  }

  /**
   * Does something with the control set: now, or when something else needs one. Makes none by itself.
   *
   * @internal
   */
  public _withControl(act: (control: ControlSet) => void): void {
    const found = this.standby.node.tryFindChild(`ControlSet-${this.controlSetName}`);
    if (found instanceof ControlSet) act(found);
    else this.waiting.push(act);
  }

  private stackOf(role: Role): Stack {
    const found = this.stacks[role];
    if (found) return found;
    const region = { primary: this.primaryRegion, standby: this.standbyRegion, routing: ROUTING_REGION }[role];
    const name = this._oneStack ? 'failover' : role;
    const stack = new Stack(this, name.charAt(0).toUpperCase() + name.slice(1), {
      stackName: `${this.controlSetName}-${name}`,
      description: `Failover control set ${this.controlSetName}: ${this._oneStack ? 'all roles' : role}`,
      env: { account: this.account, region },
    });
    Object.assign(this.stacks, this._oneStack ? { primary: stack, standby: stack, routing: stack } : { [role]: stack });
    this.order();
    return stack;
  }

  /**
   * The routing stack attaches policies by name to roles of the standby stack, so those must exist first. This is an order
   * of deployment, not a reference: `--exclusively` still deploys either one alone.
   */
  private order(): void {
    const { standby, routing } = this.stacks;
    if (standby && routing) deployAfter(routing, standby, 'policies in routing are attached by name to roles in standby');
  }

  private warnSharedFate(): void {
    if (this._oneStack) return;
    if (this.standbyRegion === ROUTING_REGION) {
      warn(
        this,
        'RoutingSharesFate',
        `standby is ${ROUTING_REGION}, where the control plane of health checks lives: drills and their pages fail together with it; prefer another standby Region`,
      );
    }
    if (this.primaryRegion === ROUTING_REGION) {
      warn(
        this,
        'RoutingSharesFate',
        `primary is ${ROUTING_REGION}, where alarms on health checks live: traffic still moves when it fails, but these alarms stay silent; watch the standby from elsewhere too`,
      );
    }
  }
}
