import type { PairRegistration } from '../../contracts/registration';
import {
  AFTERGLOW_BLIND_MS,
  afterglows,
  daysSinceSuccess,
  isAbandoned,
  markAfterglow,
  mustRestore,
  noteOverduePaged,
  noteWatched,
} from '../../decide/drill/keep';
import { endDrill, isFinal } from '../../decide/drill/rules';
import type { EndedDrill, JournalItem, RunningDrill } from '../../decide/journal';
import { METRIC, pairDimensions } from '../../decide/metrics';
import type { Functions, Metrics, Registry } from '../ports';
import { drillIncident, isUnknown, tell } from './drill/context';
import { hasLatch, keepLatch, type LatchPorts } from './latch';
import { keepServiceWatch, type ServiceWatchPorts } from './service-watch';
import { transact } from './transact';

export interface KeeperPorts extends LatchPorts, ServiceWatchPorts {
  readonly registry: Registry;
  readonly metrics: Metrics;
  readonly functions: Functions;
  /** The restore function: the keeper itself may not touch a health check. */
  readonly restoreFunction: string;
}

const HOUR_MS = 3_600_000;

/** For so long after its begin, in ms, the keeper goes on looking at a database that nobody writes to. Its function has 55 s. */
const WATCH_MS = 40_000;

/**
 * Runs every minute: says again what is latched, puts back what is overdue, ends what nobody will end, watches what a drill
 * leaves behind, and looks who writes where a database service fails over by itself.
 *
 * @throws Error when anything could not be kept, after everything else was
 */
export async function keep(ports: KeeperPorts): Promise<void> {
  const pairs = await ports.registry.pairs();
  if (isUnknown(pairs)) throw new Error(`the registrations cannot be read: ${pairs.because}`);
  const untilMs = ports.time.nowMs() + WATCH_MS;
  const failed: string[] = [];
  await Promise.all(
    pairs.map(async (registration) => {
      for (const [duty, act] of dutiesOf(registration, ports, untilMs)) {
        try {
          await act();
        } catch (error) {
          failed.push(`${registration.pair}: ${duty}: ${(error as Error).message}`);
        }
      }
    }),
  );
  if (failed.length > 0) throw new Error(`not everything was kept: ${failed.join('; ')}`);
}

/** The latch first: it is what users feel, and a drill can wait a second. What may take long comes last. */
function dutiesOf(
  registration: PairRegistration,
  ports: KeeperPorts,
  untilMs: number,
): readonly (readonly [string, () => Promise<void>])[] {
  const { serviceDatabase: database } = registration;
  const drilled = registration.drill ? [keepDrill, keepAfterglow, keepAge] : [];
  return [
    ...(hasLatch(registration) ? [['keepLatch', () => keepLatch(registration, ports)] as const] : []),
    ...drilled.map((duty) => [duty.name, () => duty(registration, ports)] as const),
    ...(database ? [['keepServiceWatch', () => keepServiceWatch(registration, database, ports, untilMs)] as const] : []),
  ];
}

async function keepDrill(registration: PairRegistration, ports: KeeperPorts): Promise<void> {
  const { pair, namespace } = registration;
  const drill = (await ports.journal.read(pair))?.drill;
  const overdue = drill !== undefined && mustRestore(drill, ports.time.nowMs());
  if (drill && overdue) await putBack(registration, drill, ports);
  const now = (await ports.journal.read(pair))?.drill;
  const open = now !== undefined && mustRestore(now, ports.time.nowMs());
  if (drill?.undo && !open && (overdue || isAbandoned(drill, ports.time.nowMs()))) await tellPutBack(registration, drill, ports);
  await ports.metrics.publish([
    { name: METRIC.notRestored, value: open ? 1 : 0, unit: 'Count', dimensions: pairDimensions(namespace, pair) },
  ]);
  if (now && isAbandoned(now, ports.time.nowMs())) await bury(registration, now, ports);
}

/**
 * The page goes out first: if the restore hangs, somebody knows. Only for a drill that was seen restored before its
 * deadline, and merely takes long to end, a look comes first.
 */
async function putBack(registration: PairRegistration, drill: RunningDrill, ports: KeeperPorts): Promise<void> {
  const { pair } = registration;
  const believed = drill.restored !== undefined && isFinal(drill.restored.outcome);
  const unsaid = believed ? undefined : await pageOverdue(registration, drill, ports).catch((error: Error) => error);
  const { id: drillId, level, scenario } = drill;
  const answer = await ports.functions.invoke(ports.restoreFunction, { pair, drillId, level, scenario, caller: 'keeper' });
  if (answer.kind === 'failed') {
    ports.log.error('not restored yet', { pair, drillId, because: answer.because });
    if (believed) await pageOverdue(registration, drill, ports);
  }
  // A page that did not go out must not keep anything from being put back; it goes out in the next minute.
  if (unsaid) throw unsaid;
}

async function pageOverdue(registration: PairRegistration, drill: RunningDrill, ports: KeeperPorts): Promise<void> {
  const { pair } = registration;
  if (drill.overduePaged) return;
  await tell(ports, registration, 'keeper', {
    type: 'drill-overdue',
    incidentKey: `${drillIncident(pair, drill.id)}/restore`,
    action: 'trigger',
    severity: 'critical',
    summary: `Drill ${drill.id} is past its deadline and not known to be restored; the keeper puts ${registration.recordName} back`,
    details: { drillId: drill.id, deadlineMs: drill.deadlineMs, restored: drill.restored },
  });
  await transact(ports.journal, pair, (item) => noteOverduePaged(item, drill.id));
}

/** Closes what the keeper or the report opened, wherever the restore came from. */
async function tellPutBack(registration: PairRegistration, drill: RunningDrill, ports: KeeperPorts): Promise<void> {
  await tell(ports, registration, 'keeper', {
    type: 'drill-restored',
    incidentKey: `${drillIncident(registration.pair, drill.id)}/restore`,
    action: 'resolve',
    severity: 'info',
    summary: `What drill ${drill.id} broke is put back`,
    details: { drillId: drill.id },
  });
}

async function bury(registration: PairRegistration, drill: RunningDrill, ports: KeeperPorts): Promise<void> {
  const { pair } = registration;
  await tell(ports, registration, 'keeper', {
    type: 'drill-abandoned',
    incidentKey: drillIncident(pair, drill.id),
    action: 'note',
    severity: 'warning',
    summary: `Drill ${drill.id} ended without a report: its runner is gone; restore: ${drill.restored?.outcome ?? 'nothing to restore'}`,
    details: { drillId: drill.id, steps: Object.keys(drill.steps) },
  });
  await transact(ports.journal, pair, (item) => endDrill(item, drill.id, 'aborted', ports.time.nowMs()));
}

async function keepAfterglow(registration: PairRegistration, ports: KeeperPorts): Promise<void> {
  const item = await ports.journal.read(registration.pair);
  for (const drill of item ? afterglows(item, ports.time.nowMs()) : []) await lookAtAfterglow(registration, drill, ports);
}

/** An alarm that was taken for the drill's own and is still on is somebody's outage: it is sent again, and pages. */
async function lookAtAfterglow(registration: PairRegistration, drill: EndedDrill, ports: KeeperPorts): Promise<void> {
  const { pair } = registration;
  const expected = registration.alarms.filter((alarm) => drill.expectedAlarms.includes(alarm.name));
  const on: string[] = [];
  const blind: string[] = [];
  for (const region of new Set(expected.map((alarm) => alarm.region))) {
    const names = expected.filter((alarm) => alarm.region === region).map((alarm) => alarm.name);
    const states = await ports.alarms.states(region, names);
    if (isUnknown(states)) blind.push(`${names.join(', ')} in ${region}: ${states.because}`);
    else on.push(...names.filter((name) => (states as Record<string, string>)[name] === 'ALARM'));
  }
  const patienceMs = ports.time.nowMs() - (drill.restoredAtMs ?? 0);
  if (blind.length > 0 && patienceMs < AFTERGLOW_BLIND_MS)
    throw new Error(`alarms of drill ${drill.id} cannot be read: ${blind.join('; ')}`);
  if (on.length > 0 || blind.length > 0) {
    const what = [
      ...(on.length > 0 ? [`still on: ${on.join(', ')}`] : []),
      ...(blind.length > 0 ? [`cannot be read: ${blind.join('; ')}`] : []),
    ];
    await tell(ports, registration, 'keeper', {
      type: 'drill-afterglow',
      incidentKey: `${drillIncident(pair, drill.id)}/afterglow`,
      action: 'trigger',
      severity: 'critical',
      summary: `Alarms of drill ${drill.id} after its restore: ${what.join('; ')}`,
      details: { drillId: drill.id, alarms: on, unreadable: blind },
    });
  }
  await transact(ports.journal, pair, (found) => markAfterglow(found, drill.id));
}

/** Published once an hour by whoever comes first. */
async function keepAge(registration: PairRegistration, ports: KeeperPorts): Promise<void> {
  const { pair, namespace } = registration;
  const nowMs = ports.time.nowMs();
  const item: JournalItem = await transact(ports.journal, pair, (found) => noteWatched(found, pair, nowMs));
  if (!(await ports.journal.once(`age#${pair}#${Math.floor(nowMs / HOUR_MS)}`))) return;
  await ports.metrics.publish([
    {
      name: METRIC.daysSinceSuccess,
      value: daysSinceSuccess(item, nowMs),
      unit: 'None',
      dimensions: pairDimensions(namespace, pair),
    },
  ]);
}
