/** Frozen: deployed resources, alarms and dashboards of users rest on these names, so a change here is a break. */
import {
  DATABASE_METRIC,
  DATABASE_RUN_METRIC,
  LEASE_METRIC,
  METRIC,
  pairDimensions,
  siteDimensions,
} from '../../lib/decide/metrics';
import {
  BEACON_HEALTHY,
  BEACON_UNHEALTHY,
  beaconName,
  checksParameter,
  controlNames,
  databaseParameter,
  drillFaultAlarm,
  JOURNAL_EXPIRES,
  JOURNAL_KEY,
  METRIC_NAMESPACE,
  markerPath,
  namespaceOf,
  PROBER_SUFFIX,
  RENEWER_SUFFIX,
  ROUTING_REGION,
  registrationParameter,
  restoreScheduleName,
} from '../../lib/decide/names';

test('a control set has these names; what IAM knows carries the Region', () => {
  expect(controlNames('shop', 'eu-central-1')).toEqual({
    journalTable: 'cdk-failover-shop-journal',
    drillFunction: 'cdk-failover-shop-drill',
    drillStepFunction: 'cdk-failover-shop-drill-step',
    restoreFunction: 'cdk-failover-shop-restore',
    keeperFunction: 'cdk-failover-shop-keeper',
    drillMachine: 'cdk-failover-shop-drill',
    scheduleGroup: 'cdk-failover-shop',
    registryPath: '/cdk-failover/shop/',
    drillRole: 'cdk-failover-shop-drill-eu-central-1',
    drillStepRole: 'cdk-failover-shop-drill-step-eu-central-1',
    restoreRole: 'cdk-failover-shop-restore-eu-central-1',
    keeperRole: 'cdk-failover-shop-keeper-eu-central-1',
    machineRole: 'cdk-failover-shop-machine-eu-central-1',
    starterRole: 'cdk-failover-shop-starter-eu-central-1',
    scheduleRole: 'cdk-failover-shop-schedule-eu-central-1',
    drillChecksPolicy: 'cdk-failover-shop-drill-checks',
    restoreChecksPolicy: 'cdk-failover-shop-restore-checks',
    proberFunction: 'cdk-failover-shop-prober',
    databaseStepFunction: 'cdk-failover-shop-database-step',
    databaseMachine: 'cdk-failover-shop-database',
    proberRole: 'cdk-failover-shop-prober-eu-central-1',
    databaseStepRole: 'cdk-failover-shop-database-step-eu-central-1',
    databaseMachineRole: 'cdk-failover-shop-database-eu-central-1',
    proberStarterRole: 'cdk-failover-shop-probing-eu-central-1',
  });
});

test('a pair has these names', () => {
  expect([
    registrationParameter('shop', 'app'),
    databaseParameter('shop', 'app'),
    checksParameter('shop', 'app'),
    drillFaultAlarm('shop', 'app'),
    beaconName('primary', 'app.example.com'),
    beaconName('allowed-standby', 'app.example.com', 'x7'),
    markerPath('app-1'),
    restoreScheduleName('app-1'),
  ]).toEqual([
    '/cdk-failover/shop/app/registration',
    '/cdk-failover/shop/app/database',
    '/cdk-failover/shop/app/checks',
    'cdk-failover-shop-app-drill-fault',
    '_primary._failover.app.example.com',
    '_allowed-standby-x7._failover.app.example.com',
    '/.well-known/failover-drill/app-1',
    'restore-app-1',
  ]);
});

test.each([
  ['/cdk-failover/shop/', 'shop'],
  ['/cdk-failover', ''],
])('the control set of %s is %j', (path, namespace) => {
  expect(namespaceOf(path)).toBe(namespace);
});

test('what is published and stored has these words', () => {
  expect([METRIC_NAMESPACE, ROUTING_REGION, JOURNAL_KEY, JOURNAL_EXPIRES, BEACON_HEALTHY, BEACON_UNHEALTHY]).toEqual([
    'CdkFailover',
    'us-east-1',
    'pk',
    'expiresAt',
    'healthy',
    'unhealthy',
  ]);
  expect([PROBER_SUFFIX, RENEWER_SUFFIX]).toEqual(['-prober', '-lease']);
});

test('metrics have these names and dimensions', () => {
  expect({ ...METRIC, ...DATABASE_METRIC, ...LEASE_METRIC, ...DATABASE_RUN_METRIC }).toEqual({
    detection: 'DrillDetectionSeconds',
    trafficSwitch: 'DrillSwitchSeconds',
    rto: 'DrillRtoSeconds',
    targetsMissed: 'DrillTargetsMissed',
    failed: 'DrillFailed',
    notRestored: 'DrillNotRestored',
    daysSinceSuccess: 'DaysSinceSuccessfulDrill',
    fault: 'DrillFault',
    certificateDaysLeft: 'CertificateDaysLeft',
    ticks: 'DatabaseProberTicks',
    stuck: 'DatabaseStuck',
    unprotected: 'DatabaseUnprotected',
    splitBrain: 'DatabaseSplitBrain',
    leaseLost: 'DatabaseLeaseLost',
    epoch: 'DatabaseEpoch',
    standbyWrites: 'DatabaseStandbyWrites',
    renewals: 'DatabaseLeaseRenewals',
    runSeconds: 'DatabaseRunSeconds',
    lossSeconds: 'DatabaseLossSeconds',
  });
  expect(pairDimensions('shop', 'app')).toEqual({ ControlSet: 'shop', Pair: 'app' });
  expect(siteDimensions('shop', 'app', 'standby')).toEqual({ ControlSet: 'shop', Pair: 'app', Site: 'standby' });
});
