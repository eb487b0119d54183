import { Lazy, Stack } from 'aws-cdk-lib';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import type { IConstruct } from 'constructs';
import type { LatchSettings } from '../../contracts/database';
import {
  type ChecksDocument,
  type DrillSettings,
  type PairRegistration,
  type ProbeTarget,
  REGISTRATION_SCHEMA,
  type RegisteredAlarm,
  type RegisteredSite,
  type ServiceDatabase,
} from '../../contracts/registration';
import { checksParameter, registrationParameter } from '../../decide/names';
import { numberOf } from '../../decide/timings';
import { refuse } from '../internal/problems';
import { keepId } from '../internal/stable-id';
import type { FailoverRegions } from '../regions';
import type { PairChecks } from './pair-checks';
import type { PairPlan, PlannedSide } from './pair-rules';

/** Room for a value that is only known at deploy time; an ARN of ours has at most 120 characters. */
const TOKEN_CHARS = 128;

/** The pair's registration: written into the standby Region at synth, complete only when all constructs are made. */
export class Registration {
  private readonly alarms: RegisteredAlarm[] = [];
  private drill?: DrillSettings;
  private topics?: { readonly critical: string; readonly warning: string };
  private latch?: LatchSettings;
  private serviceDatabase?: ServiceDatabase;

  public constructor(
    private readonly pair: IConstruct,
    private readonly regions: FailoverRegions,
    private readonly plan: PairPlan,
    private readonly beacons: { readonly primary: string; readonly standby?: string },
  ) {
    const { standby, controlSetName } = regions;
    const parameter = new ssm.StringParameter(standby, `FailoverRegistration-${controlSetName}-${plan.name}`, {
      parameterName: registrationParameter(controlSetName, plan.name),
      description: `What the failover pair ${plan.name} is`,
      stringValue: Lazy.string({ produce: () => Stack.of(standby).toJsonString(this.document()) }),
    });
    keepId(parameter, controlSetName, plan.name, 'registration');
    this.checkSize();
  }

  public setDrill(drill: DrillSettings): void {
    this.drill = drill;
    this.checkSize();
  }

  public setTopics(topics: { readonly critical: string; readonly warning: string }): void {
    this.topics = topics;
    this.checkSize();
  }

  public setLatch(latch: LatchSettings): void {
    this.latch = latch;
    this.checkSize();
  }

  public setServiceDatabase(database: ServiceDatabase): void {
    this.serviceDatabase = database;
    this.checkSize();
  }

  public addAlarm(alarm: RegisteredAlarm): void {
    this.alarms.push(alarm);
    this.checkSize();
  }

  public document(): PairRegistration {
    const { plan, regions } = this;
    return {
      schema: REGISTRATION_SCHEMA,
      pair: plan.name,
      namespace: regions.controlSetName,
      recordName: plan.fqdn,
      zoneName: regions.zone.zoneName,
      ttlSec: plan.ttlSec,
      primary: siteOf(plan.primary),
      standby: siteOf(plan.standby),
      beacons: this.beacons,
      checksParameter: checksParameter(regions.controlSetName, plan.name),
      alarms: this.alarms,
      topics: this.topics,
      drill: this.drill,
      latch: this.latch && { ...this.latch, region: regions.standbyRegion },
      serviceDatabase: this.serviceDatabase,
    };
  }

  /** Refuses at the call that makes it too long, so that the stack trace shows which. */
  private checkSize(): void {
    const most = numberOf('ssm.parameter.chars', 'chars');
    const length = JSON.stringify(this.document()).replace(/\$\{Token\[[^\]]*\]\}/g, 'x'.repeat(TOKEN_CHARS)).length;
    if (length <= most) return;
    refuse(
      this.pair,
      'RegistrationTooLong',
      `the registration has ${length} characters; an SSM standard parameter holds ${most}; shorten path, searchString, certificateAuthority or nameServers, or register fewer abort alarms`,
    );
  }
}

const siteOf = ({ side, site, directProbe }: PlannedSide): RegisteredSite => ({
  site: side,
  answers: site.answers.map(({ type, values }) => ({ type, values })),
  probe: {
    protocol: directProbe.protocol,
    connect: site.endpoint.mode === 'ip' ? site.endpoint.address : site.endpoint.name,
    port: directProbe.port,
    host: directProbe.host,
    path: directProbe.path,
    searchString: directProbe.searchString,
  } satisfies ProbeTarget,
});

/** The ids of the checks, where they are born: a drill reads them at run time. */
export function writeChecks(scope: IConstruct, regions: FailoverRegions, plan: PairPlan, checks: PairChecks): void {
  const { routing, controlSetName } = regions;
  const document: ChecksDocument = { primary: checks.primary.healthCheckId, standby: checks.standby?.healthCheckId };
  const parameter = new ssm.StringParameter(routing, `FailoverChecks-${controlSetName}-${plan.name}`, {
    parameterName: checksParameter(controlSetName, plan.name),
    description: `Health checks of the failover pair ${plan.name}`,
    stringValue: Stack.of(scope).toJsonString(document),
  });
  keepId(parameter, controlSetName, plan.name, 'checks');
}
