import { Duration, Stack, Tags } from 'aws-cdk-lib';
import * as route53 from 'aws-cdk-lib/aws-route53';
import type { Construct } from 'constructs';
import { keepId } from '../internal/stable-id';
import type { FailoverRegions } from '../regions';
import type { PairPlan } from './pair-rules';
import type { BoundCheck, BoundProbe, Endpoint } from './side';

/** Checks of a pair; `standby` is absent when nothing watches it. */
export interface PairChecks {
  readonly primary: route53.IHealthCheck;
  readonly standby?: route53.IHealthCheck;
  /** What the primary's health is made of: its check, or the children of a calculated one of which `least` must be healthy. */
  readonly primaryParts: { readonly parts: readonly route53.IHealthCheck[]; readonly least: number };
  /** Checks that were made here; an account holds a limited number. */
  readonly made: number;
}

/** Makes the checks. Their logical ids name what replaces a check, so that a replacement shows in `cdk diff`. */
export function makeChecks(scope: Construct, regions: FailoverRegions, plan: PairPlan): PairChecks {
  const sides = [plan.primary, plan.standby].map(({ side, site, check }) => {
    const maker = new CheckMaker(scope, regions, plan, side, site.endpoint);
    const made = check && maker.make(check);
    return { check: made, maker, least: check?.kind === 'calculated' ? check.healthy : 1 };
  });
  const [primary, standby] = sides;
  if (!primary?.check) throw new Error('a planned pair has a check on its primary');
  const parts = primary.maker.children.length > 0 ? primary.maker.children : [primary.check];
  return {
    primary: primary.check,
    standby: standby?.check,
    primaryParts: { parts, least: primary.least },
    made: sides.reduce((sum, { maker }) => sum + maker.made, 0),
  };
}

/** Makes the checks of one side. */
class CheckMaker {
  public made = 0;
  /** Below a calculated check. */
  public children: readonly route53.IHealthCheck[] = [];

  public constructor(
    private readonly scope: Construct,
    private readonly regions: FailoverRegions,
    private readonly plan: PairPlan,
    private readonly side: 'primary' | 'standby',
    private readonly endpoint: Endpoint,
  ) {}

  /** `child` counts the probes below a calculated one. */
  public make(check: BoundCheck, child?: number): route53.IHealthCheck {
    switch (check.kind) {
      case 'endpoint':
        return this.probing(check.probe, child);
      case 'alarm':
        return this.reading(check, child);
      case 'calculated':
        this.children = check.children.map((one, n) => this.make(one, n + 1));
        return this.render('calculated', child, {
          type: route53.HealthCheckType.CALCULATED,
          childHealthChecks: [...this.children],
          healthThreshold: check.healthy,
        });
      case 'existing':
        return route53.HealthCheck.fromHealthCheckId(this.scope, this.id('existing', child), check.id);
    }
  }

  private probing(probe: BoundProbe, child: number | undefined): route53.HealthCheck {
    const { endpoint } = this;
    const type = typeOf(probe);
    return this.render(`${type}-${probe.intervalSec}s-by-${endpoint.mode}`, child, {
      type,
      ...(endpoint.mode === 'ip' ? { ipAddress: endpoint.address, fqdn: probe.host } : { fqdn: endpoint.name }),
      port: probe.port,
      resourcePath: probe.path,
      searchString: probe.searchString,
      requestInterval: Duration.seconds(probe.intervalSec),
      failureThreshold: probe.failures,
      regions: probe.checkerRegions && [...probe.checkerRegions],
      enableSNI: probe.protocol === 'https' ? true : undefined,
    });
  }

  private reading(check: Extract<BoundCheck, { kind: 'alarm' }>, child: number | undefined): route53.HealthCheck {
    const { name, region, silent, alarm, fingerprint } = check;
    const made = this.render(fingerprint === '' ? 'alarm' : `alarm-${fingerprint}`, child, {
      type: route53.HealthCheckType.CLOUDWATCH_METRIC,
      alarmIdentifier: { name, region },
      insufficientDataHealthStatus: silent,
    });
    // Elsewhere the user's own order of stacks counts; a reference would cross a Region.
    if (Stack.of(alarm) === Stack.of(made)) made.node.addDependency(alarm);
    return made;
  }

  private render(kind: string, child: number | undefined, props: route53.HealthCheckProps): route53.HealthCheck {
    const { plan, side } = this;
    const check = new route53.HealthCheck(this.scope, this.id(kind, child), props);
    const nth = child === undefined ? [] : [`child-${child}`];
    keepId(check, this.regions.controlSetName, plan.name, side, 'check', ...nth, kind);
    // On-call otherwise sees uuids.
    Tags.of(check).add('Name', child === undefined ? `${plan.name} ${side}` : `${plan.name} ${side} ${child}`);
    this.made += 1;
    return check;
  }

  private id(kind: string, child: number | undefined): string {
    return child === undefined ? `${this.side}-check-${kind}` : `${this.side}-check-${child}-${kind}`;
  }
}

function typeOf({ protocol, searchString }: BoundProbe): route53.HealthCheckType {
  switch (protocol) {
    case 'tcp':
      return route53.HealthCheckType.TCP;
    case 'http':
      return searchString === undefined ? route53.HealthCheckType.HTTP : route53.HealthCheckType.HTTP_STR_MATCH;
    case 'https':
      return searchString === undefined ? route53.HealthCheckType.HTTPS : route53.HealthCheckType.HTTPS_STR_MATCH;
  }
}
