import { type Duration, type IResource, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { DrillSettings } from '../../contracts/registration';
import { isKnown, type Problems } from '../internal/problems';
import type { DrillTargets, DrillWindow, FailoverDrillProps } from './failover-drill';

/** Targets of the project, in seconds. */
const TARGETS = { detection: 30, trafficSwitch: 60, rto: 120 } as const;

const MAX_AGE_DAYS = 365;

/** AWS's own validator does not look into it, and a deployment fails late. */
const EXPRESSION = /^(cron\((\S+ +){5}\S+\)|rate\(\d+ (minutes?|hours?|days?)\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\))$/;

/** Everything that can be wrong with a drill at synth. */
export function checkDrill(drill: Construct, props: FailoverDrillProps, problems: Problems): void {
  const { standby } = props.pair.regions;
  const stack = Stack.of(drill);
  problems.addIf(
    stack !== standby,
    'WrongStack',
    `scope is in stack ${stack.stackName}; a drill lives in the standby Region, where it works while the primary is gone; use regions.standby as scope`,
  );
  checkPlan(props, problems);
  checkTargets(props.targets ?? {}, problems);
  problems.addIf(
    props.fault?._byMetric === true && (props.targets?.detection ?? props.targets?.rto) !== undefined,
    'DrillTarget',
    'targets.detection or targets.rto is set, but with DrillFault.metric it is the drill’s own alarm that is detected, so both say nothing; leave them out, or use DrillFault.healthCheckPath',
  );
  if (props.window) checkWindow(props.window, problems);
  checkMaxAge(props.maxAge, problems);
  checkReach(props, problems);
  checkNeighbours(props, standby, problems);
}

function checkPlan({ scenarios, level, schedule }: FailoverDrillProps, problems: Problems): void {
  problems.addIf(
    scenarios?.length === 0,
    'NoScenario',
    'scenarios is empty; a drill plays at least one; leave it out for PRIMARY_CRASH',
  );
  problems.addIf(
    new Set(scenarios).size !== (scenarios?.length ?? 0),
    'SameScenarioTwice',
    `scenarios is ${scenarios?.join(', ')}; each scenario once; remove the repeated one`,
  );
  problems.addIf(
    level !== undefined && schedule === undefined,
    'LevelWithoutSchedule',
    `level is ${level}, but no schedule is set, so it says nothing; set schedule, or name the level in the request`,
  );
  const expression = schedule?.expressionString;
  problems.addIf(
    isKnown(expression) && !EXPRESSION.test(expression ?? ''),
    'ScheduleExpression',
    `schedule is "${expression}"; EventBridge Scheduler reads rate(n unit), at(yyyy-mm-ddThh:mm:ss) and cron(...) with six fields; use ScheduleExpression.cron`,
  );
}

function checkTargets(targets: DrillTargets, problems: Problems): void {
  const { detectionSec, rtoSec } = targetsOf(targets);
  for (const [prop, value] of Object.entries(targets) as [string, Duration | undefined][]) {
    problems.addIf(
      value !== undefined && isKnown(value.toMilliseconds()) && value.toMilliseconds() < 1000,
      'DrillTarget',
      `targets.${prop} is ${value?.toMilliseconds()} ms; a drill measures to about half a second; use at least 1 s`,
    );
  }
  problems.addIf(
    rtoSec < detectionSec,
    'DrillTarget',
    `targets.rto is ${rtoSec} s, shorter than targets.detection of ${detectionSec} s, which is a part of it; raise rto or lower detection`,
  );
}

/** The targets, every value filled in. */
export function targetsOf(targets: DrillTargets = {}): DrillSettings['targets'] {
  const sec = (prop: keyof typeof TARGETS) => targets[prop]?.toSeconds({ integral: false }) ?? TARGETS[prop];
  return { detectionSec: sec('detection'), switchSec: sec('trafficSwitch'), rtoSec: sec('rto') };
}

function checkWindow({ fromHour, toHour }: DrillWindow, problems: Problems): void {
  const hours = [
    ['fromHour', fromHour, 0, 23],
    ['toHour', toHour, 1, 24],
  ] as const;
  for (const [prop, value, least, most] of hours) {
    problems.addIf(
      !Number.isInteger(value) || value < least || value > most,
      'DrillWindow',
      `window.${prop} is ${value}; a whole hour from ${least} to ${most}; a window may pass midnight (22 to 4)`,
    );
  }
  problems.addIf(
    fromHour === toHour,
    'DrillWindow',
    `window.fromHour and window.toHour are both ${fromHour}, so no drill could ever start; leave window out for any hour`,
  );
}

function checkMaxAge(maxAge: Duration | undefined, problems: Problems): void {
  const days = maxAge?.toDays({ integral: false });
  problems.addIf(
    days !== undefined && (!Number.isInteger(days) || days < 1 || days > MAX_AGE_DAYS),
    'DrillMaxAge',
    `maxAge is ${days} days; whole days from 1 to ${MAX_AGE_DAYS}; the age is counted in days`,
  );
}

function checkReach({ nameServers, certificateAuthority }: FailoverDrillProps, problems: Problems): void {
  problems.addIf(
    nameServers?.length === 0,
    'NameServers',
    'nameServers is empty; leave it out to use the NS records of the zone',
  );
  for (const server of nameServers ?? []) {
    problems.addIf(
      isKnown(server) && !/^[A-Za-z0-9.-]+(:\d{1,5})?$/.test(server),
      'NameServers',
      `nameServers has "${server}"; a server is host or host:port; write it as ns-1.example.net or 192.0.2.1:53`,
    );
  }
  problems.addIf(
    isKnown(certificateAuthority) &&
      !/^-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/.test(certificateAuthority ?? ''),
    'CertificateAuthority',
    'certificateAuthority is not a PEM certificate; it begins with -----BEGIN CERTIFICATE-----; give the text of the file, not its name',
  );
}

/** What a drill calls or reads must be in its own Region. */
function checkNeighbours({ fault, abortAlarms }: FailoverDrillProps, standby: Stack, problems: Problems): void {
  const elsewhere = (what: IResource) =>
    isKnown(what.env.region) && isKnown(standby.region) && what.env.region !== standby.region;
  for (const [prop, fn] of Object.entries(fault?._functions() ?? {})) {
    problems.addIf(
      elsewhere(fn),
      'FunctionElsewhere',
      `fault.${prop} is in ${fn.env.region}; a drill calls functions of the standby Region ${standby.region}; put it there and let it act across Regions`,
    );
  }
  for (const alarm of abortAlarms ?? []) {
    problems.addIf(
      elsewhere(alarm),
      'AlarmElsewhere',
      `abortAlarms has an alarm in ${alarm.env.region}; a drill reads alarms of the standby Region ${standby.region}; alarm there on what the standby shows`,
    );
  }
}
