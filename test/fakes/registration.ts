import { type PairRegistration, REGISTRATION_SCHEMA } from '../../lib/contracts/registration';

const probeOf = (connect: string) => ({
  protocol: 'https' as const,
  connect,
  port: 443,
  host: 'app.example.com',
  path: '/health',
});

/** Two addresses, a beacon on each side, one alarm that a drill sets off and one that stops it. */
export const registrationOf = (change: Partial<PairRegistration> = {}): PairRegistration => ({
  schema: REGISTRATION_SCHEMA,
  pair: 'app',
  namespace: 'web',
  recordName: 'app.example.com',
  zoneName: 'example.com',
  ttlSec: 2,
  primary: { site: 'primary', answers: [{ type: 'A', values: ['192.0.2.1'] }], probe: probeOf('192.0.2.1') },
  standby: { site: 'standby', answers: [{ type: 'A', values: ['192.0.2.2'] }], probe: probeOf('192.0.2.2') },
  beacons: { primary: '_primary._failover.app.example.com', standby: '_standby._failover.app.example.com' },
  checksParameter: '/cdk-failover/web/app/checks',
  alarms: [
    { name: 'app-primary-unhealthy', region: 'us-east-1', inDrill: true, blocksDrill: true },
    { name: 'app-standby-errors', region: 'eu-central-1', inDrill: false, blocksDrill: true },
  ],
  topics: {
    critical: 'arn:aws:sns:eu-central-1:111111111111:critical',
    warning: 'arn:aws:sns:eu-central-1:111111111111:warning',
  },
  drill: { fault: { kind: 'healthCheckPath' }, targets: { detectionSec: 30, switchSec: 60, rtoSec: 120 } },
  ...change,
});
