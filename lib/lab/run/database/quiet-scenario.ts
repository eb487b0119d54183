/** Outages in which a database must be left alone: the writer lives, or nobody here can know. */
import { expectation, type Outcome } from '../outcome';
import { faultMark, healedMark } from '../report/marks';
import { answered, leftAlone, rowsOf } from './judge';
import { type Play, withDatabase } from './play';

/** Longest waits in lab seconds. */
const PAGE_LIMIT_SEC = 300;
const HEAL_LIMIT_SEC = 180;
/** The outage goes on for so long after it was paged: time enough for a promotion that must not come. */
const AFTER_PAGE_MS = 30_000;

export interface QuietOutage {
  /** What the prober calls it; part of the incident's key. */
  readonly outcome: 'partition' | 'traffic' | 'outside';
  readonly begins: string;
  break(play: Play): Promise<unknown>;
  heal(play: Play): Promise<unknown>;
  /** Whether users are sent to the standby meanwhile. */
  readonly movesTraffic: boolean;
}

/** The Regions cannot reach each other; users reach both. */
export const PARTITION: QuietOutage = {
  outcome: 'partition',
  begins: 'nothing passes between the Regions any more; users reach both',
  break: ({ pair, database }) => Promise.all([pair.partition(), database.toSite.set('frozen')]),
  heal: ({ pair, database }) => Promise.all([pair.healPartition(), database.toSite.set('open')]),
  movesTraffic: false,
};

/** The site answers 500 and its database is well: users move, the writer stays. */
export const HTTP_500: QuietOutage = {
  outcome: 'traffic',
  begins: 'the primary site answers every request with 500; its database is well',
  break: ({ lab }) => lab.world.sites.primary.fail('http500'),
  heal: ({ lab }) => lab.world.sites.primary.heal(),
  movesTraffic: true,
};

/** The site answers later than Route 53 waits, and its database is well. */
export const SLOW: QuietOutage = {
  outcome: 'traffic',
  begins: 'the primary site answers after 3 s, Route 53 waits for 2 s; its database is well',
  break: ({ lab }) => lab.world.sites.primary.fail('slow'),
  heal: ({ lab }) => lab.world.sites.primary.heal(),
  movesTraffic: true,
};

export const quietScenario = (outage: QuietOutage) => withDatabase((play) => leaveAlone(play, outage));

async function leaveAlone(play: Play, outage: QuietOutage): Promise<Outcome> {
  const { clients, lab, pair } = play;
  const brokenMs = lab.time.nowMs();
  await outage.break(play);
  play.tell('world', outage.begins, 'bad');
  const incident = () => play.incidents(`/watch/${outage.outcome}`)[0];
  const paged = await play.until(PAGE_LIMIT_SEC, () => incident() !== undefined);
  await play.sleep(AFTER_PAGE_MS);
  await outage.heal(play);
  const mendedMs = lab.time.nowMs();
  play.tell('world', 'it is mended', 'good');
  const resolved = await play.until(HEAL_LIMIT_SEC, () => incident()?.resolvedAtMs !== undefined);
  const before = clients.acknowledged.length;
  const writing = await play.until(HEAL_LIMIT_SEC, () => clients.acknowledged.length > before);
  await clients.stop();
  await pair.caughtUp();
  const moves = answered(play, 'standby', brokenMs);
  return {
    figures: [],
    marks: [faultMark(brokenMs, outage.begins), healedMark(mendedMs)],
    expectations: [
      expectation('somebody is paged, with the reason', paged, incident()?.summary ?? 'nobody'),
      ...leftAlone(play),
      outage.movesTraffic
        ? expectation('users are sent to the standby', moves > 0, `${moves} servers changed their answer`)
        : expectation('the name answers the primary all the time', moves === 0, `${moves} changes`),
      ...(await rowsOf(play)).expectations,
      expectation('clients write to the primary afterwards', writing, writing ? 'yes' : 'no'),
      expectation('the incident is resolved after the healing', resolved, resolved ? 'yes' : 'still open'),
    ],
  };
}
