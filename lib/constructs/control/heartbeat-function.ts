import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { ENV } from '../../contracts/environment';
import type { ControlNames } from '../../decide/names';
import type { HeartbeatReader } from '../database/strategies/heartbeat-reader';
import { ControlFunction } from './control-function';
import { logins } from './database-permissions';

export interface HeartbeatFunctionProps extends HeartbeatReader {
  readonly pair: string;
  readonly replicas: number;
  readonly names: ControlNames;
  readonly key: kms.IKey;
}

/** Reads the heartbeat row where only a VPC reaches it. One per database. */
export function heartbeatReader(scope: Construct, props: HeartbeatFunctionProps): lambda.IFunction {
  const { secret, vpc, vpcSubnets, securityGroups, names, pair } = props;
  const name = `${names.journalTable.replace(/-journal$/, '')}-${pair}-beat`;
  return new ControlFunction(scope, 'Heartbeat', {
    bundle: 'heartbeat',
    description: `Reads the heartbeat of the database of ${pair} on its replicas`,
    functionName: name,
    roleName: name,
    timeoutSec: 10,
    memoryMb: 256,
    // Prober and steps ask for every replica at once.
    concurrency: 2 * props.replicas,
    environment: { [ENV.databaseSecret]: secret.secretName },
    permissions: logins(secret),
    key: props.key,
    network: { vpc, ...(vpcSubnets ? { vpcSubnets } : {}), ...(securityGroups ? { securityGroups } : {}) },
  }).function;
}
