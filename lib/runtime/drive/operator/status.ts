/** The state of a pair as one document: what is seen from outside, and what the journal says. */
import type { DrillSettings, PairRegistration, ServiceDatabase } from '../../../contracts/registration';
import { type ServiceVerdict, type ServiceWatch, serviceVerdict } from '../../../decide/database/service-watch';
import type { JournalItem } from '../../../decide/journal';
import type { Journal, Unknown } from '../../ports';
import type { ServiceLooks } from '../../ports/database';
import { isUnknown } from '../drill/context';
import { seenBy } from '../service-watch';
import { type DatabaseView, databaseProblems, databaseView, type LagPorts, type LagView, lagsOf } from './database/view';
import { type LookPorts, lookAt, type Seen, type Target, targetOfPair } from './look';
import { runningStep } from './progress';

export const STATUS_SCHEMA = 'cdk-failover.status/1';
const DAY_MS = 86_400_000;
const SHOWN_DRILLS = 5;

export interface JournalView {
  readonly kind: 'known';
  readonly epoch: number;
  readonly incident?: { readonly key: string; readonly sinceMs: number };
  readonly pausedUntilMs?: number;
  readonly drill?: {
    readonly id: string;
    readonly level: string;
    /** The step that runs; absent between steps. */
    readonly step?: string;
    readonly startedAtMs: number;
    readonly deadlineMs: number;
    readonly stopRequested: boolean;
  };
  /** Newest first. */
  readonly lastDrills: readonly {
    readonly id: string;
    readonly level: string;
    readonly verdict: string;
    readonly endedAtMs: number;
  }[];
  readonly lastSuccessAtMs?: number;
  /** Who writes, and the run that changes it; absent without a database. */
  readonly database?: DatabaseView;
  /** What the keeper last saw of a database that its own service fails over; absent before its first look. */
  readonly service?: ServiceWatch;
  /** Whole days since the last passed TRAFFIC drill. */
  readonly daysSinceSuccess: number | Unknown;
}

export interface PairStatus extends Seen {
  readonly schema: typeof STATUS_SCHEMA;
  readonly atMs: number;
  readonly recordName: string;
  readonly pair:
    | { readonly kind: 'known'; readonly name: string; readonly controlSet: string; readonly region: string }
    | Unknown;
  readonly journal: JournalView | Unknown;
  /** Targets of the pair's drill, in seconds. */
  readonly targets?: DrillSettings['targets'];
  /** Newest lag of each replica that could take over; empty without a database. */
  readonly lags: readonly LagView[] | Unknown;
  /** A database that its own service fails over inside its Region, and what that service says now; absent where there is none. */
  readonly service?: ServiceView;
  /** What is wrong. */
  readonly problems: readonly string[];
  /** What could not be learned, and why. */
  readonly unknown: readonly string[];
  readonly verdict: 'ok' | 'not ok' | 'cannot reach';
}

export interface ServiceView extends ServiceDatabase {
  readonly now: ServiceVerdict;
}

/** How AWS knows the pair, or why that could not be learned. */
export type Registered = { readonly kind: 'known'; readonly registration: PairRegistration; readonly region: string } | Unknown;

export interface StatusPorts extends LookPorts {
  /** The journal of a control set. */
  journalOf(controlSet: string): Journal;
  /** Where the database of a pair is known; left out: nobody asks. */
  databaseOf?(controlSet: string): Omit<LagPorts, 'time'>;
  /** The services that fail databases over; left out: nobody asks. */
  readonly serviceLooks?: ServiceLooks;
}

/** `given`: what the operator said, which wins over the registration. */
export async function statusOf(
  registered: Registered,
  given: Pick<Target, 'recordName' | 'beacons'> & Partial<Target>,
  ports: StatusPorts,
): Promise<PairStatus> {
  const target = registered.kind === 'known' ? { ...targetOfPair(registered.registration), ...overrides(given) } : given;
  const [seen, journal, service] = await Promise.all([
    lookAt(target, ports),
    journalView(registered, ports),
    serviceView(registered, ports),
  ]);
  const lags = await lagsIn(registered, journal, ports);
  const atMs = ports.time.nowMs();
  const targets = registered.kind === 'known' ? registered.registration.drill?.targets : undefined;
  const found = {
    recordName: target.recordName,
    pair: registered.kind === 'known' ? pairOf(registered) : registered,
    journal,
    lags,
    ...(service ? { service } : {}),
    ...(targets ? { targets } : {}),
    ...seen,
  };
  const problems = problemsOf(found, atMs);
  return {
    schema: STATUS_SCHEMA,
    atMs,
    ...found,
    problems,
    unknown: unknownsOf(found),
    verdict: problems.length > 0 ? 'not ok' : seesNothing(seen) ? 'cannot reach' : 'ok',
  };
}

const overrides = ({ nameServers, certificateAuthority }: Partial<Target>) => ({
  ...(nameServers ? { nameServers } : {}),
  ...(certificateAuthority ? { certificateAuthority } : {}),
});

const pairOf = ({ registration, region }: Extract<Registered, { kind: 'known' }>) => ({
  kind: 'known' as const,
  name: registration.pair,
  controlSet: registration.namespace,
  region,
});

async function journalView(registered: Registered, ports: StatusPorts): Promise<JournalView | Unknown> {
  if (registered.kind === 'unknown')
    return { kind: 'unknown', because: 'the pair is not known to AWS here, so neither is its journal' };
  const { pair, namespace, drill, latch, serviceDatabase } = registered.registration;
  if (!drill && !latch && !serviceDatabase)
    return { kind: 'unknown', because: 'the pair has neither drill nor database, so nobody keeps a journal of it' };
  try {
    return viewOf(await ports.journalOf(namespace).read(pair), ports.time.nowMs());
  } catch (error) {
    return { kind: 'unknown', because: `${(error as Error).name}: ${(error as Error).message}` };
  }
}

async function serviceView(registered: Registered, { serviceLooks }: StatusPorts): Promise<ServiceView | undefined> {
  const database = registered.kind === 'known' ? registered.registration.serviceDatabase : undefined;
  if (!database || !serviceLooks) return undefined;
  return { ...database, now: serviceVerdict(database.id, seenBy(database, await serviceLooks.look(database))) };
}

/** Asked only where something can be promoted. */
async function lagsIn(registered: Registered, journal: JournalView | Unknown, ports: StatusPorts): Promise<PairStatus['lags']> {
  if (registered.kind === 'unknown' || !ports.databaseOf || !registered.registration.latch) return [];
  const { pair, namespace } = registered.registration;
  const view = journal.kind === 'known' ? journal.database : undefined;
  return lagsOf(pair, view, { ...ports.databaseOf(namespace), time: ports.time });
}

export function viewOf(item: JournalItem | undefined, nowMs: number): JournalView {
  const { drill, incident, pausedUntilMs, lastSuccessAtMs } = item ?? {};
  const step = drill && runningStep(drill);
  return {
    kind: 'known',
    epoch: item?.epoch ?? 0,
    ...(incident ? { incident } : {}),
    ...(pausedUntilMs !== undefined && pausedUntilMs > nowMs ? { pausedUntilMs } : {}),
    ...(drill
      ? {
          drill: {
            id: drill.id,
            level: drill.level,
            ...(step ? { step } : {}),
            startedAtMs: drill.startedAtMs,
            deadlineMs: drill.deadlineMs,
            stopRequested: drill.stopRequested ?? false,
          },
        }
      : {}),
    lastDrills: (item?.lastDrills ?? [])
      .slice(0, SHOWN_DRILLS)
      .map(({ id, level, verdict, endedAtMs }) => ({ id, level, verdict, endedAtMs })),
    ...(lastSuccessAtMs === undefined ? {} : { lastSuccessAtMs }),
    ...(item?.database ? { database: databaseView(item.database, nowMs) } : {}),
    ...(item?.service ? { service: item.service } : {}),
    daysSinceSuccess:
      lastSuccessAtMs === undefined
        ? { kind: 'unknown', because: 'no TRAFFIC drill has passed yet' }
        : Math.floor((nowMs - lastSuccessAtMs) / DAY_MS),
  };
}

type Found = Pick<PairStatus, 'recordName' | 'pair' | 'journal' | 'lags' | 'service' | 'servers' | 'probes'>;

/** Every reason for an operator to look closer. */
export function problemsOf({ recordName, servers, probes, journal, lags, service }: Found, nowMs: number): readonly string[] {
  const problems: string[] = [];
  const views = isUnknown(servers) ? [] : servers;
  const at = (which: (view: (typeof views)[number]) => boolean) => views.filter(which).map(({ server }) => server);
  const say = (text: string, on: readonly string[]) => {
    if (on.length > 0) problems.push(`${text} (${on.length === views.length ? 'every server' : on.join(', ')})`);
  };
  for (const side of ['primary', 'standby'] as const) {
    say(
      `Route 53 calls the ${side} unhealthy`,
      at(({ beacons }) => beacons[side]?.kind === 'unhealthy'),
    );
    const probe = probes[side];
    if (probe?.kind === 'bad') problems.push(`the ${side} itself does not answer from here: ${probe.because}`);
  }
  say(
    'the pair is latched: users stay on the standby',
    at(({ beacons }) => beacons.latch?.kind === 'unhealthy'),
  );
  say(
    `${recordName} answers the standby`,
    at((view) => view.serves === 'standby'),
  );
  say(
    `${recordName} answers neither primary nor standby`,
    at((view) => view.serves === 'other'),
  );
  if (journal.kind === 'known') problems.push(...journalProblems(journal, nowMs));
  if (service) problems.push(...serviceProblems(service, journal));
  for (const { id, lag, limitMs } of isUnknown(lags) ? [] : lags) {
    if (lag.kind === 'known' && lag.ms > limitMs) problems.push(`${id} trails by ${lag.ms} ms, limit ${limitMs} ms`);
  }
  return problems;
}

function journalProblems({ incident, drill, database }: JournalView, nowMs: number): string[] {
  return [
    ...(database ? databaseProblems(database) : []),
    ...(incident ? [`incident ${incident.key} is open since ${iso(incident.sinceMs)}`] : []),
    ...(drill && nowMs > drill.deadlineMs
      ? [`drill ${drill.id} is past its deadline ${iso(drill.deadlineMs)} and still holds the pair`]
      : []),
  ];
}

/** The service's word of now wins over what the keeper saw up to a minute ago. */
function serviceProblems({ id, now }: ServiceView, journal: JournalView | Unknown): readonly string[] {
  const since = journal.kind === 'known' ? journal.service?.amiss?.sinceMs : undefined;
  const seen = since === undefined ? '' : ` since ${iso(since)}`;
  if (now.kind === 'amiss') return [`nobody writes${seen}: ${now.because}`];
  return now.kind === 'unknown' && since !== undefined ? [`the keeper saw nobody write to ${id}${seen}`] : [];
}

function unknownsOf({ servers, pair, journal, lags, service }: Found): readonly string[] {
  const because: string[] = [];
  if (isUnknown(servers)) because.push(`name servers: ${servers.because}`);
  else {
    for (const { server, answers, beacons } of servers) {
      for (const { type, answer } of answers) if (isUnknown(answer)) because.push(`${server} ${type}: ${answer.because}`);
      for (const [of, verdict] of Object.entries(beacons)) {
        if (verdict?.kind === 'unknown') because.push(`${server} beacon of the ${of}: ${verdict.because}`);
      }
    }
  }
  if (pair.kind === 'unknown') because.push(`pair: ${pair.because}`);
  if (journal.kind === 'unknown' && pair.kind === 'known') because.push(`journal: ${journal.because}`);
  if (service?.now.kind === 'unknown') because.push(`writer of ${service.id}: ${service.now.because}`);
  if (isUnknown(lags)) because.push(`lag: ${lags.because}`);
  else for (const { id, lag } of lags) if (isUnknown(lag)) because.push(`lag of ${id}: ${lag.because}`);
  return because;
}

/** True when no server said anything about the name, nor any beacon. */
const seesNothing = ({ servers }: Seen) =>
  isUnknown(servers) ||
  servers.every(
    ({ answers, beacons }) =>
      !answers.some(({ answer }) => answer.kind === 'answer') && !Object.values(beacons).some((one) => one?.kind !== 'unknown'),
  );

const iso = (ms: number) => new Date(ms).toISOString();
