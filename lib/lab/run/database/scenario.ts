/** A Region dies with its database: the shipped functions notice, latch, promote, and real rows say what it cost. */
import type { DatabaseRun, DatabaseState, EndedRun } from '../../../decide/database/state';
import { AuthoritativeDns } from '../../../runtime/adapters/authoritative-dns';
import { lossOf, oldestLostMs, type TwoWriters, twoWriters, WritingClients } from '../../postgres';
import type { Lab } from '../lab';
import { OBSERVER_PERIOD_MS, Observer } from '../observer';
import { agreement, type Expectation, expectation, figure, type Outcome, SAMPLING_LIMIT_MS } from '../outcome';
import { addObserver, addWriters } from '../report/columns';
import { faultMark, observedMarks, writeMarks } from '../report/marks';
import { PAIR, RECORD, TARGETS } from '../setting';
import { journalOf } from '../state';
import type { Story } from '../story';
import { truthOf } from '../truth';
import { until, warm } from '../wait';
import { DERIVED } from './latch';
import type { LabDatabase } from './open';
import { CONSENTED_MS, DATABASE_RTO_SEC, LATCH } from './setting';

/** Longest waits in lab seconds. */
const CALM_LIMIT_SEC = 120;
const FAILOVER_LIMIT_SEC = 900;
const PAGE_LIMIT_SEC = 240;

/** Of the first epoch that is ever taken. */
const INCIDENT = `${PAIR}/1`;

const CLIENTS = 8;
const WRITE_PAUSE_MS = 250;
/** Shipping stands still so long before the machine dies: rows of that time exist in one place only. */
const UNSHIPPED_MS = 3_000;
/** Some looks of the prober, every 5 s. */
const WATCHED_MS = 25_000;
/** A client hears of its row a little after it was written. */
const CLOCK_MS = 250;
/** Writes go on for so long after the failover, so that a second writer would show. */
const AFTER_MS = 20_000;

export const databaseOf = (lab: Lab): LabDatabase => {
  if (!lab.database) throw new Error('this scenario needs a database');
  return lab.database;
};

export const stateOfDatabase = (lab: Lab): DatabaseState | undefined => journalOf(lab)?.database;

/** Clients that resolve the pair's name at the zone's servers and keep the answer as long as they may. */
export function writers(lab: Lab): WritingClients {
  const dns = new AuthoritativeDns();
  const { nameServers } = lab.world;
  const clients = new WritingClients({
    time: lab.world.time,
    scale: lab.scale,
    count: CLIENTS,
    port: databaseOf(lab).pair.entrances.primary.place.port,
    pauseMs: WRITE_PAUSE_MS,
    resolve: async (index) => {
      const answer = await dns.ask(nameServers[index % nameServers.length] ?? '', RECORD, 'A');
      const host = answer.kind === 'answer' ? answer.values[0] : undefined;
      return answer.kind === 'answer' && host !== undefined ? { host, ttlSec: answer.ttlSec } : undefined;
    },
  });
  addWriters(lab, clients);
  return clients;
}

/** Checkers warm, the prober watching, rows arriving on the standby. */
export async function calm(lab: Lab, story: Story, clients: WritingClients): Promise<void> {
  await warm(lab, story);
  await until(lab, CALM_LIMIT_SEC, () => stateOfDatabase(lab) !== undefined && clients.acknowledged.length >= 2 * CLIENTS);
  // A reader that has seen one row only cannot bound a loss.
  await lab.time.sleep(WATCHED_MS);
}

export async function databaseScenario(lab: Lab, story: Story): Promise<Outcome> {
  const { pair } = databaseOf(lab);
  const clients = writers(lab);
  try {
    await calm(lab, story, clients);
    const observer = new Observer(lab.time, lab.world, lab.scale, lab.pair.beacons.primary);
    addObserver(lab, observer);
    await pair.freezeShipping();
    story.tell('world', 'rows are no longer shipped to the standby', 'bad');
    await lab.time.sleep(UNSHIPPED_MS);
    await Promise.all([lab.world.sites.primary.fail('refused'), pair.crash()]);
    story.tell('world', 'the primary database dies: every process of it is killed', 'bad');
    const failedMs = lab.world.truth.first('fault-began')?.atMs ?? lab.time.nowMs();

    const standbyOf = () => clients.acknowledged.filter(({ by }) => by === 'standby');
    const served = () => new Set(standbyOf().map(({ id }) => id.split('-')[0])).size;
    let run: DatabaseRun | undefined;
    const over = () => {
      const state = stateOfDatabase(lab);
      // The journal forgets the details of a run when it ends.
      run = state?.run ?? run;
      return state?.state === 'SERVING_STANDBY' && state.run === undefined;
    };
    const ended = await until(lab, FAILOVER_LIMIT_SEC, () => over() && served() === CLIENTS);
    if (ended) story.tell('users', 'all eight clients write to the standby', 'good');
    await lab.time.sleep(AFTER_MS);
    observer.stop();
    await clients.stop();
    const closed = () =>
      lab.pagerDuty.incidents().some(({ dedupKey, resolvedAtMs }) => dedupKey === INCIDENT && resolvedAtMs !== undefined);
    await until(lab, PAGE_LIMIT_SEC, closed);
    return await judged(lab, clients, observer, failedMs, ended, run);
  } finally {
    await clients.stop();
  }
}

async function judged(
  lab: Lab,
  clients: WritingClients,
  observer: Observer,
  failedMs: number,
  ended: boolean,
  carried: DatabaseRun | undefined,
): Promise<Outcome> {
  const { pair } = databaseOf(lab);
  const seen = observer.observed;
  const truth = truthOf(lab, failedMs);
  const firsts = firstWrites(clients);
  const run = stateOfDatabase(lab)?.lastRuns[0];
  const [onPrimary, onStandby] = [await pair.rowsOf('primary'), await pair.rowsOf('standby')];
  const loss = lossOf(
    clients.acknowledged.filter(({ by }) => by === 'primary'),
    onStandby,
  );
  // The loss was stated for the moment of the first evidence, so that is where ages are counted from.
  const oldestMs = Math.max(0, oldestLostMs(loss, carried?.failedAtMs ?? failedMs));
  return {
    figures: [
      figure('detection', since(failedMs, seen.detectedMs), TARGETS.detectionSec),
      figure('switch', since(seen.detectedMs, seen.switchedMs), TARGETS.switchSec),
      figure('firstWrite', since(failedMs, firsts[0]), DATABASE_RTO_SEC),
      figure('rto', firsts.length === CLIENTS ? since(failedMs, firsts.at(-1)) : undefined, DATABASE_RTO_SEC),
      { ...figure('rpo', oldestMs, CONSENTED_MS / 1_000), rows: loss.lost.length },
    ],
    marks: [
      faultMark(failedMs, 'the primary Region dies'),
      ...observedMarks({ ...seen, servedMs: undefined }),
      ...writeMarks(firsts, CLIENTS),
    ],
    notes: [
      `rows: ${clients.acknowledged.length} acknowledged, ${loss.lost.length} lost, the oldest ${sec(oldestMs)} before the first evidence (measured)`,
      `RPO: ${run?.lossMs === undefined ? 'not stated' : `${sec(run.lossMs)} of writes stated before the promotion, by ${carried?.loss?.basis}`}, consented to ${sec(CONSENTED_MS)} (measured)`,
    ],
    sampling: { periodMs: OBSERVER_PERIOD_MS, largestGapMs: seen.largestGapMs, limitMs: SAMPLING_LIMIT_MS },
    expectations: [
      expectation('all eight clients write to the standby, and the run has ended', ended, `${firsts.length} of ${CLIENTS}`),
      ...recorded(lab, run),
      expectation('rows that were not shipped are lost, and counted', loss.lost.length > 0, `${loss.lost.length} lost`),
      expectation(
        'no acknowledged row older than the stated loss is missing',
        run?.lossMs !== undefined && oldestMs <= run.lossMs + CLOCK_MS,
        `the oldest is ${sec(oldestMs)} old, stated are ${sec(run?.lossMs ?? Number.NaN)}`,
      ),
      ...oneWriter(lab, twoWriters(onPrimary, onStandby)),
      ...agreement(
        [
          { what: 'detection', measuredMs: seen.detectedMs, trueMs: truth.detectedMs, periodMs: OBSERVER_PERIOD_MS },
          { what: 'switch', measuredMs: seen.switchedMs, trueMs: truth.switchedMs, periodMs: OBSERVER_PERIOD_MS },
        ],
        seen.largestGapMs,
      ),
    ],
  };
}

/** When each client was told of its first row on the standby, in lab ms. */
function firstWrites(clients: WritingClients): number[] {
  const firsts = new Map<string, number>();
  for (const { id, by, atMs } of clients.acknowledged) {
    const client = id.split('-')[0] ?? '';
    if (by === 'standby' && !firsts.has(client)) firsts.set(client, atMs);
  }
  return [...firsts.values()].sort((a, b) => a - b);
}

/** What the journal says, and who was told. */
function recorded(lab: Lab, run: EndedRun | undefined): Expectation[] {
  const state = stateOfDatabase(lab);
  const incident = lab.pagerDuty.incidents().filter(({ dedupKey }) => dedupKey === INCIDENT);
  return [
    expectation(
      'the journal says that the standby writes, by a run that is done',
      state?.active === 'standby' && run?.outcome === 'done',
      `${state?.active}, ${run?.outcome}`,
    ),
    expectation('one promotion was ordered', databaseOf(lab).instances.promotions === 1, databaseOf(lab).instances.promotions),
    expectation('Route 53 latched the primary out before the promotion', latchedBeforePromotion(lab), 'by the order of calls'),
    expectation(
      'one incident was opened for the failover, and resolved with it',
      incident.length === 1 && incident[0]?.resolvedAtMs !== undefined,
      incident.map(({ summary }) => summary).join(' | ') || 'none',
    ),
  ];
}

/** The calls that were really made: the latch was published before RDS was asked to promote. */
function latchedBeforePromotion(lab: Lab): boolean {
  const promoted = lab.endpoint.recordedCalls().find(({ action }) => action === 'rds:PromoteReadReplica');
  const turned = lab.world.truth.first('check-turned', ({ check, healthy }) => check === DERIVED.notLatched && !healthy);
  return (
    promoted !== undefined &&
    turned !== undefined &&
    turned.atMs <= promoted.atMs &&
    lab.cloudWatch.stateOf(LATCH.alarm) === 'ALARM'
  );
}

export function oneWriter(lab: Lab, { onlyPrimary, onlyStandby, atOnce }: TwoWriters): Expectation[] {
  const { primary } = lab.world.sites;
  const back = lab.world.truth.all(
    'answer-changed',
    (event) => event.name.startsWith(RECORD) && event.values.includes(primary.address),
    promotedMs(lab),
  );
  return [
    expectation(
      'never two writers at once, by the rows of both databases',
      atOnce === 0,
      `${onlyPrimary} rows only on the old primary, ${onlyStandby} only on the new one, ${atOnce} at once`,
    ),
    expectation('the name never answers the old primary again', back.length === 0, `${back.length} times`),
  ];
}

const promotedMs = (lab: Lab) =>
  lab.endpoint.recordedCalls().find(({ action }) => action === 'rds:PromoteReadReplica')?.atMs ?? Number.POSITIVE_INFINITY;

const since = (from: number | undefined, to: number | undefined) =>
  from === undefined || to === undefined ? undefined : to - from;

const sec = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
