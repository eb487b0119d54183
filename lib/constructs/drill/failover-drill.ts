import type { Duration, TimeZone } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { FailoverPair } from '../dns';

/** How far a drill goes. */
export enum DrillLevel {
  /** Looks only: every precondition of a drill, and the days left on certificates. Always runs daily. */
  OBSERVE = 'OBSERVE',
  /** The primary keeps serving, and users really move to the standby and back. */
  TRAFFIC = 'TRAFFIC',
}

/** What a drill plays. */
export enum DrillScenario {
  /** The primary stops answering its health check. */
  PRIMARY_CRASH = 'primary_crash',
}

/** Functions of `DrillFault.functions`. */
export interface FunctionsFaultOptions {
  /** Breaks the primary. Called once with `{ pair, drillId }`. */
  readonly inject: lambda.IFunction;
  /** Mends it. Called at least once, also when nothing was broken; must be idempotent. */
  readonly restore: lambda.IFunction;
}

/** How a drill breaks the primary. */
export abstract class DrillFault {
  /** Points the primary's health check at a path where the primary answers 4xx or 5xx. Users are not touched until Route 53 moves them. */
  public static healthCheckPath(): DrillFault {
    return new HealthCheckPathFault();
  }
  /** Two functions of your own, in the standby Region. */
  public static functions(options: FunctionsFaultOptions): DrillFault {
    return new FunctionsFault(options);
  }
}
class HealthCheckPathFault extends DrillFault {}
class FunctionsFault extends DrillFault {
  constructor(readonly options: FunctionsFaultOptions) {
    super();
  }
}

/** Longest times that a drill may measure. */
export interface DrillTargets {
  /** Fault to Route 53's verdict. @default Duration.seconds(30) */
  readonly detection?: Duration;
  /** Verdict to the name answering the standby everywhere. @default Duration.seconds(60) */
  readonly trafficSwitch?: Duration;
  /** Fault to the last client being served by the standby. @default Duration.seconds(120) */
  readonly rto?: Duration;
}

/** Hours in which a TRAFFIC drill may start. */
export interface DrillWindow {
  /** First hour, 0 to 23. */
  readonly fromHour: number;
  /** Hour before which it must start, 1 to 24. */
  readonly toHour: number;
  /** @default TimeZone.ETC_UTC */
  readonly timeZone?: TimeZone;
}

/** What is drilled, how far and when. */
export interface FailoverDrillProps {
  readonly pair: FailoverPair;
  /** @default [DrillScenario.PRIMARY_CRASH] */
  readonly scenarios?: DrillScenario[];
  /** Level of the scheduled drill. @default DrillLevel.TRAFFIC */
  readonly level?: DrillLevel;
  /** When the drill runs by itself, in any time zone. @default - only by hand; OBSERVE runs daily all the same */
  readonly schedule?: scheduler.ScheduleExpression;
  /** @default DrillFault.healthCheckPath() */
  readonly fault?: DrillFault;
  /** @default - 30 s, 60 s, 120 s */
  readonly targets?: DrillTargets;
  /** @default - any hour */
  readonly window?: DrillWindow;
  /** Alarms of the standby Region that refuse a drill and abort a running one. @default - none */
  readonly abortAlarms?: cloudwatch.IAlarm[];
  /** Longest time without a passed drill before somebody is told. @default Duration.days(30) */
  readonly maxAge?: Duration;
  /** Authoritative servers, as `host` or `host:port`. @default - the zone's NS records */
  readonly nameServers?: string[];
  /** PEM of a certificate authority that the drill's own probes trust besides the public ones. @default - public ones only */
  readonly certificateAuthority?: string;
}

/** A rehearsal of one pair: breaks the primary's health, measures, and always puts things back. */
export class FailoverDrill extends Construct {
  constructor(scope: Construct, id: string, _props: FailoverDrillProps) {
    super(scope, id);
  }
}
