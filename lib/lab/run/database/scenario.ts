/** A Region dies with its database: the shipped functions notice, latch, promote, and real rows say what it cost. */
import type { WritingClients } from '../../postgres';
import { OBSERVER_PERIOD_MS, Observer } from '../observer';
import { agreement, type Expectation, expectation, figure, type Outcome, SAMPLING_LIMIT_MS } from '../outcome';
import { addObserver } from '../report/columns';
import { faultMark, observedMarks, writeMarks } from '../report/marks';
import { truthOf } from '../report/truth';
import { TARGETS } from '../setting';
import { failedOver, promotedMs, rowsOf, sec } from './judge';
import { DERIVED } from './latch';
import { CLIENTS, INCIDENT, type Play, withDatabase } from './play';
import { CONSENTED_MS, DATABASE_RTO_SEC, LATCH } from './setting';

/** Longest waits in lab seconds. */
const FAILOVER_LIMIT_SEC = 600;
const PAGE_LIMIT_SEC = 240;

/** Shipping stands still so long before the machine dies: rows of that time exist in one place only. */
const UNSHIPPED_MS = 3_000;
/** Writes go on for so long after the failover, so that a second writer would show. */
const AFTER_MS = 20_000;

/** What is special about one such death. Everything that is left out is as in the plain one. */
export interface Death {
  /** How it dies; resolves when it is dead. @default rows are not shipped for 3 s, then nobody listens and the server is killed */
  readonly strike?: (play: Play) => Promise<unknown>;
  /** Goes on beside the failover, from the death on. */
  readonly meanwhile?: (play: Play) => Promise<readonly Expectation[]>;
  /** Once the standby serves, while clients write on. */
  readonly afterwards?: (play: Play) => Promise<readonly Expectation[]>;
  /** After clients have stopped and rows were counted. */
  readonly epilogue?: (play: Play) => Promise<readonly Expectation[]>;
}

/** Rows of some seconds are not shipped any more, then the Region's machines die. */
export async function dies(play: Play, paths: 'cut' | 'frozen' = 'cut'): Promise<void> {
  const { lab, pair } = play;
  await pair.freezeShipping();
  play.tell('world', 'rows are no longer shipped to the standby', 'bad');
  await play.sleep(UNSHIPPED_MS);
  await Promise.all([lab.world.sites.primary.fail(paths === 'cut' ? 'refused' : 'blackHole'), pair.crash(paths)]);
  play.tell('world', 'the primary database dies: every process of it is killed', 'bad');
}

export const deathScenario = ({ strike = dies, meanwhile, afterwards, epilogue }: Death = {}) =>
  withDatabase(async (play) => {
    const { clients, lab } = play;
    const observer = new Observer(lab.time, lab.world, lab.scale, lab.pair.beacons.primary);
    addObserver(lab, observer);
    await strike(play);
    const failedMs = lab.world.truth.first('fault-began')?.atMs ?? lab.time.nowMs();
    const beside = meanwhile?.(play) ?? Promise.resolve([]);
    const over = () => play.state?.state === 'SERVING_STANDBY' && play.state.run === undefined;
    const served = () => over() && firstWrites(clients).length === CLIENTS;
    await play.until(FAILOVER_LIMIT_SEC, () => served() || play.givenUp);
    const ended = served();
    if (ended) play.tell('users', 'all eight clients write to the standby', 'good');
    const special = [...(await beside)];
    await play.sleep(AFTER_MS);
    observer.stop();
    special.push(...((await afterwards?.(play)) ?? []));
    await clients.stop();
    await play.until(ended ? PAGE_LIMIT_SEC : 0, () =>
      play.incidents(INCIDENT).some(({ resolvedAtMs }) => resolvedAtMs !== undefined),
    );
    const outcome = await judged(play, observer, failedMs, ended, special);
    return { ...outcome, expectations: [...outcome.expectations, ...((await epilogue?.(play)) ?? [])] };
  });

async function judged(
  play: Play,
  observer: Observer,
  failedMs: number,
  ended: boolean,
  special: readonly Expectation[],
): Promise<Outcome> {
  const seen = observer.observed;
  const truth = truthOf(play.lab, failedMs);
  const firsts = firstWrites(play.clients);
  const rows = await rowsOf(play, failedMs);
  const run = play.state?.lastRuns[0];
  const consentedMs = play.run?.consent?.lossMs ?? CONSENTED_MS;
  const stated = run?.lossMs === undefined ? 'not stated' : `${sec(run.lossMs)} of writes stated before the promotion`;
  return {
    figures: [
      figure('detection', since(failedMs, seen.detectedMs), TARGETS.detectionSec),
      figure('switch', since(seen.detectedMs, seen.switchedMs), TARGETS.switchSec),
      figure('firstWrite', since(failedMs, firsts[0]), DATABASE_RTO_SEC),
      figure('rto', firsts.length === CLIENTS ? since(failedMs, firsts.at(-1)) : undefined, DATABASE_RTO_SEC),
      { ...figure('rpo', rows.oldestMs, consentedMs / 1_000), rows: rows.lost },
    ],
    marks: [
      faultMark(failedMs, 'the primary Region dies'),
      ...observedMarks({ ...seen, servedMs: undefined }),
      ...writeMarks(firsts, CLIENTS),
    ],
    notes: [
      `rows: ${rows.acknowledged} acknowledged, ${rows.lost} lost, the oldest ${sec(rows.oldestMs)} before the first evidence (measured)`,
      `RPO: ${stated}, by ${play.run?.loss?.basis ?? 'nothing'}, consented to ${sec(consentedMs)} (measured)`,
    ],
    sampling: { periodMs: OBSERVER_PERIOD_MS, largestGapMs: seen.largestGapMs, limitMs: SAMPLING_LIMIT_MS },
    expectations: [
      expectation('all eight clients write to the standby, and the run has ended', ended, `${firsts.length} of ${CLIENTS}`),
      ...failedOver(play),
      expectation('Route 53 latched the primary out before the promotion', latchedBeforePromotion(play), 'by the order of calls'),
      expectation('rows that were not shipped are lost, and counted', rows.lost > 0, `${rows.lost} lost`),
      ...rows.expectations,
      ...special,
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

/** The calls that were really made: the latch was published before RDS was asked to promote. */
function latchedBeforePromotion(play: Play): boolean {
  const { cloudWatch, world } = play.lab;
  const turned = world.truth.first('check-turned', ({ check, healthy }) => check === DERIVED.notLatched && !healthy);
  const atMs = promotedMs(play);
  return Number.isFinite(atMs) && turned !== undefined && turned.atMs <= atMs && cloudWatch.stateOf(LATCH.alarm) === 'ALARM';
}

const since = (from: number | undefined, to: number | undefined) =>
  from === undefined || to === undefined ? undefined : to - from;
