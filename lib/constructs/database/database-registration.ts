import { Stack } from 'aws-cdk-lib';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import type { DatabaseRegistration } from '../../contracts/database';
import { databaseParameter } from '../../decide/names';
import { numberOf } from '../../decide/timings';
import { refuse } from '../internal/problems';
import { keepId } from '../internal/stable-id';
import type { FailoverRegions } from '../regions';

/** Room for a value that is only known at deploy time; an ARN of ours has at most 120 characters. */
const TOKEN_CHARS = 128;

/** Tells prober, steps and keeper what the database is: one parameter in the standby Region. */
export function writeDatabase(scope: Construct, regions: FailoverRegions, document: DatabaseRegistration): void {
  const most = numberOf('ssm.parameter.chars', 'chars');
  const length = JSON.stringify(document).replace(/\$\{Token\[[^\]]*\]\}/g, 'x'.repeat(TOKEN_CHARS)).length;
  if (length > most) {
    refuse(
      scope,
      'DatabaseTooLong',
      `the registration of the database has ${length} characters; an SSM standard parameter holds ${most}; give fewer fences, subnets or applications to refresh, or let one function stand for several`,
    );
  }
  const parameter = new ssm.StringParameter(scope, 'Registration', {
    parameterName: databaseParameter(regions.controlSetName, document.pair),
    description: `What the database of the failover pair ${document.pair} is`,
    stringValue: Stack.of(scope).toJsonString(document),
  });
  keepId(parameter, regions.controlSetName, document.pair, 'database');
}
