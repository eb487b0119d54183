import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';

export interface Watched {
  readonly deadLetters: sqs.IQueue;
  readonly machine: sfn.IStateMachine;
  readonly keeper: lambda.IFunction;
}

/** Alarms on the machinery itself. They go wherever the alarms of the drilled pairs go. */
export function controlAlarms(scope: Construct, { deadLetters, machine, keeper }: Watched): readonly cloudwatch.Alarm[] {
  const minute = { period: Duration.minutes(1), statistic: cloudwatch.Stats.SUM };
  const { GREATER_THAN_OR_EQUAL_TO_THRESHOLD, LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;
  const { NOT_BREACHING, BREACHING } = cloudwatch.TreatMissingData;
  return [
    new cloudwatch.Alarm(scope, 'KeeperSilent', {
      alarmDescription: 'The keeper has not finished a run in 5 minutes: an overdue drill would not be restored by it.',
      metric: new cloudwatch.MathExpression({
        expression: 'runs - errors',
        usingMetrics: { runs: keeper.metricInvocations(minute), errors: keeper.metricErrors(minute) },
        period: Duration.minutes(1),
        label: 'finished runs',
      }),
      threshold: 1,
      comparisonOperator: LESS_THAN_THRESHOLD,
      evaluationPeriods: 5,
      treatMissingData: BREACHING,
    }),
    new cloudwatch.Alarm(scope, 'DrillBroken', {
      alarmDescription: 'An execution of the drill machine failed, timed out or was stopped before its report.',
      metric: new cloudwatch.MathExpression({
        expression: 'failed + late + stopped',
        usingMetrics: {
          failed: machine.metricFailed(minute),
          late: machine.metricTimedOut(minute),
          stopped: machine.metricAborted(minute),
        },
        period: Duration.minutes(1),
        label: 'broken executions',
      }),
      threshold: 1,
      comparisonOperator: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: NOT_BREACHING,
    }),
    new cloudwatch.Alarm(scope, 'CallsLost', {
      alarmDescription: 'An asynchronous call to drill, restore or keeper never succeeded; the dead-letter queue says which.',
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: cloudwatch.Stats.MAXIMUM,
      }),
      threshold: 1,
      comparisonOperator: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: NOT_BREACHING,
    }),
  ];
}
