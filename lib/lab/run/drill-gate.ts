/** The check that holds a primary out while a drill by metric says so, as the constructs render it. */
import type { DrillSettings } from '../../contracts/registration';
import { compile, latchBeacons, verdictOf } from '../../decide/latch';
import { METRIC } from '../../decide/metrics';
import { drillFaultAlarm, METRIC_NAMESPACE } from '../../decide/names';
import { absolute, batchErrorText } from '../../decide/route53';
import { ALARM_PERIOD_MS, type CloudWatch, type LabAlarm } from '../aws';
import { beaconRecords, type PairInWorld, type World } from '../world';
import { NAMESPACE, PAIR, RECORD, STANDBY_REGION } from './setting';

export const GATE = 'lab-primary-allowed';
export const FAULT_ALARM = drillFaultAlarm(NAMESPACE, PAIR);

export interface Gate {
  readonly fault: Extract<DrillSettings['fault'], { kind: 'metric' }>;
  alarmTurned(name: string, on: boolean): void;
}

/** Puts the calculated check before the primary's record, and a beacon on it. */
export function gatePair({ healthChecks, truth, zone }: World, pair: PairInWorld): Gate {
  const allowed = compile({ and: ['not-drilled'], or: ['endpoint'] });
  let drilled = false;
  const settle = () => {
    const endpoint = healthChecks.healthy(pair.checks.primary) ?? true;
    healthChecks.derive(
      GATE,
      verdictOf(allowed, ({ term }) => (term === 'endpoint' ? endpoint : !drilled)),
    );
  };
  settle();
  truth.on((event) => {
    if (event.kind === 'check-turned' && event.check === pair.checks.primary) settle();
  });
  const beacon = latchBeacons(RECORD).primaryAllowed;
  const primary = zone.records.filter(
    ({ name, type, failover }) => name === absolute(RECORD) && type === 'A' && failover === 'PRIMARY',
  );
  const changed = zone.change([
    ...primary.map((record) => ({ action: 'UPSERT' as const, record: { ...record, healthCheckId: GATE } })),
    ...beaconRecords(beacon, GATE),
  ]);
  if (changed.kind === 'refused') throw new Error(`${changed.code}: ${batchErrorText(changed.messages)}`);
  return {
    fault: { kind: 'metric', beacon, alarm: FAULT_ALARM, region: STANDBY_REGION },
    alarmTurned: (name, on) => {
      if (name !== FAULT_ALARM) return;
      drilled = on;
      settle();
    },
  };
}

/** Reads what was published in the last minute; silence does not breach. */
export const faultAlarm = (nowMs: () => number, cloudWatch: () => CloudWatch): LabAlarm => ({
  name: FAULT_ALARM,
  region: STANDBY_REGION,
  description: 'A drill holds the primary out',
  namespace: METRIC_NAMESPACE,
  metric: METRIC.fault,
  periods: 1,
  sample: () => {
    const recent = faultValues(cloudWatch(), nowMs() - ALARM_PERIOD_MS);
    return Math.max(0, ...recent);
  },
  breaches: (value) => value >= 1,
});

/** What drills said, in order. */
export const faultValues = (cloudWatch: CloudWatch, sinceMs = 0): readonly number[] =>
  cloudWatch.published().flatMap(({ name, value, atMs }) => (name === METRIC.fault && atMs >= sinceMs ? [value] : []));
