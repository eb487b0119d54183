/** The alarm on Route 53's verdict of the primary, as CloudWatch tells it. */
import { pairMark } from '../../../../decide/alert';
import { PAIR } from '../registrations';

export type Alarm = 'ALARM' | 'OK';

export const HEALTH_ALARM = {
  name: 'app-primary-health',
  arn: 'arn:aws:cloudwatch:us-east-1:111111111111:alarm:app-primary-health',
  topic: 'arn:aws:sns:us-east-1:111111111111:critical',
} as const;

export const alarmMessage = (now: Alarm, atMs: number): string =>
  JSON.stringify({
    AlarmName: HEALTH_ALARM.name,
    AlarmArn: HEALTH_ALARM.arn,
    AlarmDescription: `the primary is unhealthy ${pairMark(PAIR)}`,
    NewStateValue: now,
    OldStateValue: now === 'OK' ? 'ALARM' : 'OK',
    NewStateReason: 'threshold crossed',
    StateChangeTime: new Date(atMs).toISOString(),
  });
