import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ENV } from '../../contracts/environment';
import { type DrillSettings, type PairRegistration, REGISTRATION_SCHEMA } from '../../contracts/registration';
import { pairMark } from '../../decide/alert';
import { longestCallSec } from '../../decide/machine';
import { checksParameter, controlNames, ROUTING_REGION } from '../../decide/names';
import { arnOf, clientEnvironment, LAB_ACCOUNT, queueUrl } from '../aws';
import type { Clock } from '../world';
import { clockEnv, type PairInWorld, type World } from '../world';
import type { FunctionFiles, LabFunction } from './functions';

/** Everything of the lab that has a name: as the constructs would deploy it, in one place. */
export const PAIR = 'shop';
export const NAMESPACE = 'lab';
export const ZONE = 'lab.example';
export const RECORD = `app.${ZONE}`;
export const TTL_SEC = 30;
export const STANDBY_REGION = 'eu-central-1';
export const NAMES = controlNames(NAMESPACE, STANDBY_REGION);
export const PAGER = 'cdk-failover-lab-pager';
export const REPORT_BUCKET = 'cdk-failover-lab-reports';
export const SECRET = 'pagerduty';
/** Of no PagerDuty service: 32 characters, as theirs have. */
export const ROUTING_KEY = 'lab-routing-key-of-no-service---';
/** The alert path has one foot in each of these Regions. */
export const FEET = [STANDBY_REGION, ROUTING_REGION] as const;

/** Design targets of the project, in seconds. */
export const TARGETS = { detectionSec: 30, switchSec: 60, rtoSec: 120 } as const;

export const ALARMS = { primary: `${PAIR}-primary-unhealthy`, standby: `${PAIR}-standby-unhealthy` } as const;
export const alarmDescription = (site: string) => `Route 53 calls the ${site} unhealthy ${pairMark(PAIR)}`;

export const topicArn = (region: string, severity: 'critical' | 'warning') =>
  arnOf('sns', region, `cdk-failover-lab-${severity}`);
export const queueName = (region: string) => `cdk-failover-lab-alerts-${region}`;
export const deadLetterName = (region: string) => `cdk-failover-lab-alerts-dead-${region}`;

/** Reserved concurrency as deployed: an alert path sends few messages at a time. */
const PAGER_CONCURRENCY = 2;

/** The registration that the pair's stack would write to SSM. */
export function registrationOf(world: World, pair: PairInWorld, fault?: DrillSettings['fault']): PairRegistration {
  const site = (name: 'primary' | 'standby') => ({
    site: name,
    answers: [{ type: 'A' as const, values: [world.sites[name].address] }],
    probe: {
      protocol: world.protocol,
      connect: world.sites[name].address,
      port: world.sites[name].port,
      host: RECORD,
      path: '/health',
    },
  });
  return {
    schema: REGISTRATION_SCHEMA,
    pair: PAIR,
    namespace: NAMESPACE,
    recordName: RECORD,
    zoneName: ZONE,
    ttlSec: TTL_SEC,
    primary: site('primary'),
    standby: site('standby'),
    beacons: pair.beacons,
    checksParameter: checksParameter(NAMESPACE, PAIR),
    alarms: [
      { name: ALARMS.primary, region: ROUTING_REGION, inDrill: true, blocksDrill: false },
      { name: ALARMS.standby, region: ROUTING_REGION, inDrill: false, blocksDrill: true },
    ],
    topics: { critical: topicArn(STANDBY_REGION, 'critical'), warning: topicArn(STANDBY_REGION, 'warning') },
    drill: {
      fault: fault ?? { kind: 'healthCheckPath' },
      targets: TARGETS,
      nameServers: world.nameServers,
      ...(world.ca ? { certificateAuthority: world.ca } : {}),
    },
  };
}

/** The functions of a control set and the two feet of an alert path, with the environment that the constructs write. */
export function labFunctions(endpointUrl: string, pagerDutyUrl: string, clock: Clock): readonly LabFunction[] {
  const control = {
    [ENV.journalTable]: NAMES.journalTable,
    [ENV.registryPath]: NAMES.registryPath,
    [ENV.routingRegion]: ROUTING_REGION,
    [ENV.machineArn]: arnOf('states', STANDBY_REGION, `stateMachine:${NAMES.drillMachine}`),
    [ENV.scheduleGroup]: NAMES.scheduleGroup,
    [ENV.scheduleRoleArn]: `arn:aws:iam::${LAB_ACCOUNT}:role/${NAMES.scheduleRole}`,
    [ENV.restoreFunctionArn]: arnOf('lambda', STANDBY_REGION, `function:${NAMES.restoreFunction}`),
    [ENV.reportBucket]: REPORT_BUCKET,
  };
  const common = (handler: string, region: string) => ({
    ...clientEnvironment(endpointUrl, handler, region),
    ...clockEnv(clock),
  });
  const one = (bundle: string, name: string, timeoutSec: number): LabFunction => ({
    name,
    region: STANDBY_REGION,
    bundle,
    timeoutSec,
    environment: { ...common(bundle, STANDBY_REGION), ...control },
  });
  const pager = (region: string): LabFunction => ({
    name: PAGER,
    region,
    bundle: 'pager',
    timeoutSec: 60,
    reservedConcurrency: PAGER_CONCURRENCY,
    environment: {
      ...common('pager', region),
      [ENV.journalTable]: NAMES.journalTable,
      [ENV.journalRegion]: STANDBY_REGION,
      [ENV.routingKeySecret]: SECRET,
      [ENV.pagerDutyUrl]: pagerDutyUrl,
      [ENV.queueUrl]: queueUrl(endpointUrl, queueName(region)),
      [ENV.deadLetterQueueUrl]: queueUrl(endpointUrl, deadLetterName(region)),
      [ENV.criticalSeverity]: 'critical',
      [ENV.warningSeverity]: 'warning',
      [ENV.alertPath]: 'lab',
      [ENV.alertStack]: `lab-${region}`,
    },
  });
  return [
    one('drill', NAMES.drillFunction, 30),
    one('drill-step', NAMES.drillStepFunction, longestCallSec('drill-step')),
    one('restore', NAMES.restoreFunction, longestCallSec('restore')),
    one('keeper', NAMES.keeperFunction, 55),
    ...FEET.map(pager),
  ];
}

/** Shipped bundles and the lab's own, from the folder of the command line's bundles. */
export function labFiles(distCli: string): FunctionFiles {
  const files = {
    assets: join(distCli, '..', 'assets'),
    runner: join(distCli, 'lab', 'lambda-runner.js'),
    scaledClock: join(distCli, 'lab', 'scaled-clock.js'),
    cli: join(distCli, 'failover.js'),
  };
  const bundles = ['drill', 'drill-step', 'restore', 'keeper', 'pager', 'prober', 'database-step', 'heartbeat'];
  const needed = bundles.map((name) => join(files.assets, name, 'index.js'));
  const missing = [...needed, files.runner, files.scaledClock, files.cli].filter((file) => !existsSync(file));
  if (missing.length > 0) {
    throw new Error(
      `[BundleMissing] the lab runs the shipped bundles; missing are ${missing.join(', ')}; run "npm run build" in the checkout`,
    );
  }
  return files;
}
