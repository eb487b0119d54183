import { CreateScheduleCommand, DeleteScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import type { Schedules, Unknown } from '../../ports';
import { clientSettings, isNamed, unknownBecause } from '../clients';

/** One-shot schedules that invoke the restore function. They delete themselves after they fired. */
export class SchedulerSchedules implements Schedules {
  private readonly client = new SchedulerClient(clientSettings());

  constructor(private readonly settings: { readonly group: string; readonly roleArn: string; readonly targetArn: string }) {}

  public async restoreAt(name: string, atMs: number, input: unknown): Promise<'created' | 'exists' | Unknown> {
    try {
      await this.client.send(
        new CreateScheduleCommand({
          Name: name,
          GroupName: this.settings.group,
          ScheduleExpression: `at(${new Date(atMs).toISOString().slice(0, 19)})`,
          ScheduleExpressionTimezone: 'UTC',
          FlexibleTimeWindow: { Mode: 'OFF' },
          ActionAfterCompletion: 'DELETE',
          Target: {
            Arn: this.settings.targetArn,
            RoleArn: this.settings.roleArn,
            Input: JSON.stringify(input),
            RetryPolicy: { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 },
          },
        }),
      );
      return 'created';
    } catch (error) {
      return isNamed(error, 'ConflictException') ? 'exists' : unknownBecause(error);
    }
  }

  public async remove(name: string): Promise<'removed' | 'absent' | Unknown> {
    try {
      await this.client.send(new DeleteScheduleCommand({ Name: name, GroupName: this.settings.group }));
      return 'removed';
    } catch (error) {
      return isNamed(error, 'ResourceNotFoundException') ? 'absent' : unknownBecause(error);
    }
  }
}
