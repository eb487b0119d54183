/** The state of a pair as one document: what is seen from outside, and what the journal says. */
import type { PairRegistration } from '../../../contracts/registration';
import type { JournalItem } from '../../../decide/journal';
import type { Journal, Unknown } from '../../ports';
import { isUnknown } from '../drill/context';
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
  /** What is wrong. */
  readonly problems: readonly string[];
  /** What could not be learned, and why. */
  readonly unknown: readonly string[];
  readonly verdict: 'ok' | 'not ok' | 'cannot reach';
}

/** How AWS knows the pair, or why that could not be learned. */
export type Registered = { readonly kind: 'known'; readonly registration: PairRegistration; readonly region: string } | Unknown;

export interface StatusPorts extends LookPorts {
  /** The journal of a control set. */
  journalOf(controlSet: string): Journal;
}

/** `given`: what the operator said, which wins over the registration. */
export async function statusOf(
  registered: Registered,
  given: Pick<Target, 'recordName' | 'beacons'> & Partial<Target>,
  ports: StatusPorts,
): Promise<PairStatus> {
  const target = registered.kind === 'known' ? { ...targetOfPair(registered.registration), ...overrides(given) } : given;
  const [seen, journal] = await Promise.all([lookAt(target, ports), journalView(registered, ports)]);
  const atMs = ports.time.nowMs();
  const found = {
    recordName: target.recordName,
    pair: registered.kind === 'known' ? pairOf(registered) : registered,
    journal,
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
  const { pair, namespace, drill } = registered.registration;
  if (!drill) return { kind: 'unknown', because: 'the pair has no drill, and without one nobody keeps a journal of it' };
  try {
    return viewOf(await ports.journalOf(namespace).read(pair), ports.time.nowMs());
  } catch (error) {
    return { kind: 'unknown', because: `${(error as Error).name}: ${(error as Error).message}` };
  }
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
    daysSinceSuccess:
      lastSuccessAtMs === undefined
        ? { kind: 'unknown', because: 'no TRAFFIC drill has passed yet' }
        : Math.floor((nowMs - lastSuccessAtMs) / DAY_MS),
  };
}

type Found = Pick<PairStatus, 'recordName' | 'pair' | 'journal' | 'servers' | 'probes'>;

/** Every reason for an operator to look closer. */
export function problemsOf({ recordName, servers, probes, journal }: Found, nowMs: number): readonly string[] {
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
  return problems;
}

function journalProblems({ incident, drill }: JournalView, nowMs: number): string[] {
  return [
    ...(incident ? [`incident ${incident.key} is open since ${iso(incident.sinceMs)}`] : []),
    ...(drill && nowMs > drill.deadlineMs
      ? [`drill ${drill.id} is past its deadline ${iso(drill.deadlineMs)} and still holds the pair`]
      : []),
  ];
}

function unknownsOf({ servers, pair, journal }: Found): readonly string[] {
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
