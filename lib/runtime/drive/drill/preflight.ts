import type { DrillSettings } from '../../../contracts/registration';
import {
  type CheckFacts,
  closedPort,
  type MetricFacts,
  markerAnswer,
  refusals,
  type ServerFacts,
} from '../../../decide/drill/preflight';
import type { PreflightResult } from '../../../decide/drill/results';
import { type StepAnswer, standing } from '../../../decide/drill/rules';
import { METRIC, siteDimensions } from '../../../decide/metrics';
import { markerPath } from '../../../decide/names';
import type { HealthCheckView, ProbeAnswer, Unknown } from '../../ports';
import { isUnknown, type StepContext } from './context';
import { faultMetric } from './fault';
import { beaconAt, nameAt, patiently, probeSite, serversOf } from './look';

const DAY_MS = 86_400_000;

/** Looks at everything that a drill rests on and says every reason against it at once. */
export async function preflight(context: StepContext): Promise<StepAnswer> {
  const { ports, registration, drill, input } = context;
  const { time, dns } = ports;
  const settings = registration.drill;
  if (!settings) return { outcome: 'refused', because: [`the pair ${input.pair} has no drill`] };
  const servers = await patiently(time, () => serversOf(dns, registration));
  const [serverFacts, primary, standby, alarms, check, metric, item] = await Promise.all([
    isUnknown(servers)
      ? { kind: 'unknown' as const, because: `the name servers are unknown: ${servers.because}` }
      : lookAt(context, servers),
    probeSite(ports, registration, 'primary'),
    probeSite(ports, registration, 'standby'),
    alarmStates(context),
    settings.fault.kind === 'healthCheckPath' ? lookAtCheck(context) : undefined,
    settings.fault.kind === 'metric' ? lookAtMetric(context, settings.fault, isUnknown(servers) ? [] : servers) : undefined,
    ports.journal.read(input.pair),
  ]);
  const nowMs = time.nowMs();
  const certificates = certificatesOf({ primary, standby }, nowMs);
  await publishCertificates(context, certificates);
  const because = refusals({
    nowMs,
    standing: item ? standing(item, nowMs) : [],
    window: drill.level === 'OBSERVE' ? undefined : settings.window,
    servers: serverFacts,
    primary: { good: primary.kind === 'good', because: primary.because },
    standby: { good: standby.kind === 'good', because: standby.because },
    alarms,
    check,
    metric,
  });
  const result: PreflightResult = { servers: isUnknown(servers) ? [] : servers, certificates };
  if (because.length > 0) return { outcome: 'refused', because, result };
  return { outcome: drill.level === 'OBSERVE' ? 'observed' : 'ready', result };
}

async function lookAt({ ports, registration }: StepContext, servers: readonly string[]): Promise<readonly ServerFacts[]> {
  const { primary, standby } = registration.beacons;
  return Promise.all(
    servers.map(async (server) => {
      const [name, primaryBeacon, standbyBeacon] = await Promise.all([
        patiently(ports.time, () => nameAt(ports.dns, server, registration)),
        patiently(ports.time, () => beaconAt(ports.dns, server, primary)),
        standby === undefined ? undefined : patiently(ports.time, () => beaconAt(ports.dns, server, standby)),
      ]);
      return { server, name, primaryBeacon, ...(standbyBeacon ? { standbyBeacon } : {}) };
    }),
  );
}

/** State of every alarm that blocks a drill; one that cannot be read is `unknown`, which is not OK. */
async function alarmStates({ ports, registration }: StepContext) {
  const blocking = registration.alarms.filter((alarm) => alarm.blocksDrill);
  const regions = [...new Set(blocking.map((alarm) => alarm.region))];
  const byRegion = await Promise.all(
    regions.map(async (region) => {
      const names = blocking.filter((alarm) => alarm.region === region).map((alarm) => alarm.name);
      const states = await patiently(ports.time, () => ports.alarms.states(region, names));
      return names.map((name) => ({
        name,
        region,
        state: isUnknown(states) ? `unknown: ${states.because}` : (stateOf(states, name) ?? 'unknown: there is no such alarm'),
      }));
    }),
  );
  return byRegion.flat();
}

const stateOf = (states: object, name: string) => (states as Record<string, string | undefined>)[name];

/** The check, the answer where it will be pointed at, and the way back. */
async function lookAtCheck(context: StepContext): Promise<CheckFacts | Unknown> {
  const { ports, registration, drill } = context;
  const checks = await patiently(ports.time, () => ports.registry.checks(registration));
  if (isUnknown(checks)) return checks;
  const view = await patiently(ports.time, () => ports.checks.read(checks.primary));
  if (isUnknown(view)) return view;
  const wayBack = drill.level === 'OBSERVE' ? {} : { wayBack: await proveWayBack(context, view) };
  return {
    kind: 'check',
    ...(view.path === undefined ? {} : { path: view.path }),
    marker: await lookAtMarker(context, view),
    ...wayBack,
  };
}

/** The alarm, and the beacon of the check that reads it. To publish 0 changes nothing and takes the right that the restore takes. */
async function lookAtMetric(
  { ports, registration, drill }: StepContext,
  { alarm, beacon, region }: Extract<DrillSettings['fault'], { kind: 'metric' }>,
  servers: readonly string[],
): Promise<MetricFacts> {
  const [states, beacons] = await Promise.all([
    patiently(ports.time, () => ports.alarms.states(region, [alarm])),
    Promise.all(
      servers.map(async (server) => ({ server, says: await patiently(ports.time, () => beaconAt(ports.dns, server, beacon)) })),
    ),
  ]);
  const state = isUnknown(states) ? `unknown: ${states.because}` : (stateOf(states, alarm) ?? 'unknown: there is no such alarm');
  if (drill.level === 'OBSERVE') return { alarm, state, beacons };
  const wayBack = await ports.metrics.publish(faultMetric(registration, false)).then(
    () => ({ kind: 'proved' as const }),
    (error: Error) => ({ kind: 'unknown' as const, because: `the metric was not published: ${error.message}` }),
  );
  return { alarm, state, beacons, wayBack };
}

async function lookAtMarker({ ports, registration, drill }: StepContext, view: HealthCheckView): Promise<CheckFacts['marker']> {
  const target = registration.primary.probe;
  const certificateAuthority = registration.drill?.certificateAuthority;
  if (view.path === undefined) {
    const port = closedPort(view.port ?? target.port);
    const seen = await ports.probe.probe({ protocol: 'tcp', connect: target.connect, port });
    return {
      passes: seen.kind === 'good',
      because: `the primary accepts connections on port ${port}, where the drill points its check`,
    };
  }
  const path = markerPath(drill.id);
  const seen = await ports.probe.probe({ ...target, searchString: undefined }, { path, certificateAuthority });
  return markerAnswer(path, seen.status, seen.because);
}

/** An update that changes nothing takes the same permission, version and control plane as the restore. */
async function proveWayBack({ ports }: StepContext, view: HealthCheckView): Promise<CheckFacts['wayBack']> {
  const same = view.path === undefined ? { port: view.port } : { path: view.path };
  const written = await ports.checks.write(view.id, view.version, same);
  if (written === 'written') return { kind: 'proved' };
  if (written === 'version-mismatch') return { kind: 'unknown', because: 'somebody changed the health check meanwhile' };
  return written;
}

function certificatesOf(
  seen: Readonly<Record<'primary' | 'standby', ProbeAnswer>>,
  nowMs: number,
): PreflightResult['certificates'] {
  return (['primary', 'standby'] as const).map((site) => {
    const expires = seen[site].certificateExpiresAtMs;
    if (expires === undefined) return { site, daysLeft: null, because: `no certificate was seen: ${seen[site].because}` };
    return { site, daysLeft: Math.floor(((expires - nowMs) / DAY_MS) * 10) / 10 };
  });
}

async function publishCertificates({ ports, registration }: StepContext, certificates: PreflightResult['certificates']) {
  const known = certificates.flatMap(({ site, daysLeft }) =>
    daysLeft === null || (site !== 'primary' && site !== 'standby')
      ? []
      : [
          {
            name: METRIC.certificateDaysLeft,
            value: daysLeft,
            unit: 'None' as const,
            dimensions: siteDimensions(registration.namespace, registration.pair, site),
          },
        ],
  );
  try {
    await ports.metrics.publish(known);
  } catch (error) {
    // Missing data alarms by itself; a drill does not fail for it.
    ports.log.error('certificate days were not published', { because: (error as Error).message });
  }
}
