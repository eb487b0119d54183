/** Outages in which a database must be left alone: the writer lives, or nobody here can know. */
import { lossOf, twoWriters, type WritingClients } from '../../postgres';
import type { Lab } from '../lab';
import { expectation, type Outcome } from '../outcome';
import { faultMark, healedMark } from '../report/marks';
import { RECORD } from '../setting';
import type { Story } from '../story';
import { until } from '../wait';
import type { LabDatabase } from './open';
import { calm, databaseOf, stateOfDatabase, writers } from './scenario';

/** Longest waits in lab seconds. */
const PAGE_LIMIT_SEC = 300;
const HEAL_LIMIT_SEC = 180;
/** The outage goes on for so long after it was paged: time enough for a promotion that must not come. */
const AFTER_PAGE_MS = 30_000;

export interface QuietOutage {
  /** What the prober calls it; part of the incident's key. */
  readonly outcome: 'partition' | 'traffic';
  readonly begins: string;
  break(lab: Lab, database: LabDatabase): Promise<unknown>;
  heal(lab: Lab, database: LabDatabase): Promise<unknown>;
  /** Whether users are sent to the standby meanwhile. */
  readonly movesTraffic: boolean;
}

/** The Regions cannot reach each other; users reach both. */
export const PARTITION: QuietOutage = {
  outcome: 'partition',
  begins: 'nothing passes between the Regions any more; users reach both',
  break: (_lab, { pair, toSite }) => Promise.all([pair.partition(), toSite.set('frozen')]),
  heal: (_lab, { pair, toSite }) => Promise.all([pair.healPartition(), toSite.set('open')]),
  movesTraffic: false,
};

/** The site answers 500 and its database is well: users move, the writer stays. */
export const HTTP_500: QuietOutage = {
  outcome: 'traffic',
  begins: 'the primary site answers every request with 500; its database is well',
  break: (lab) => lab.world.sites.primary.fail('http500'),
  heal: (lab) => lab.world.sites.primary.heal(),
  movesTraffic: true,
};

export const quietScenario =
  (outage: QuietOutage) =>
  async (lab: Lab, story: Story): Promise<Outcome> => {
    const database = databaseOf(lab);
    const clients = writers(lab);
    try {
      await calm(lab, story, clients);
      const brokenMs = lab.time.nowMs();
      await outage.break(lab, database);
      story.tell('world', outage.begins, 'bad');
      const incident = () => lab.pagerDuty.incidents().find(({ dedupKey }) => dedupKey.endsWith(`/watch/${outage.outcome}`));
      const paged = await until(lab, PAGE_LIMIT_SEC, () => incident() !== undefined);
      await lab.time.sleep(AFTER_PAGE_MS);
      await outage.heal(lab, database);
      const mendedMs = lab.time.nowMs();
      story.tell('world', 'it is mended', 'good');
      const resolved = await until(lab, HEAL_LIMIT_SEC, () => incident()?.resolvedAtMs !== undefined);
      const primary = clients.acknowledged.length;
      const writing = await until(lab, HEAL_LIMIT_SEC, () => clients.acknowledged.length > primary);
      await clients.stop();
      await database.pair.caughtUp();
      return {
        figures: [],
        marks: [faultMark(brokenMs, outage.begins), healedMark(mendedMs)],
        expectations: [
          expectation('somebody is paged, with the reason', paged, incident()?.summary ?? 'nobody'),
          ...leftAlone(lab, database),
          moved(lab, outage, brokenMs),
          ...(await allThere(database, clients)),
          expectation('clients write to the primary afterwards', writing, writing ? 'yes' : 'no'),
          expectation('the incident is resolved after the healing', resolved, resolved ? 'yes' : 'still open'),
        ],
      };
    } finally {
      await clients.stop();
    }
  };

function leftAlone(lab: Lab, { instances }: LabDatabase) {
  const state = stateOfDatabase(lab);
  return [
    expectation('nothing was promoted', instances.promotions === 0, `${instances.promotions} promotions ordered`),
    expectation(
      'the journal says that the primary writes, and no epoch was taken',
      state?.active === 'primary' && state.lastRuns.length === 0 && state.run === undefined,
      `${state?.active}, ${state?.lastRuns.length} runs`,
    ),
  ];
}

function moved(lab: Lab, { movesTraffic }: QuietOutage, sinceMs: number) {
  const { standby } = lab.world.sites;
  const changes = lab.world.truth.all(
    'answer-changed',
    ({ name, values }) => name.startsWith(RECORD) && values.includes(standby.address),
    sinceMs,
  );
  return movesTraffic
    ? expectation('users are sent to the standby', changes.length > 0, `${changes.length} servers changed their answer`)
    : expectation('the name answers the primary all the time', changes.length === 0, `${changes.length} changes`);
}

async function allThere({ pair }: LabDatabase, clients: WritingClients) {
  const [onPrimary, onStandby] = [await pair.rowsOf('primary'), await pair.rowsOf('standby')];
  const loss = lossOf(clients.acknowledged, onStandby);
  return [
    expectation(
      'no acknowledged row is lost',
      loss.lost.length === 0,
      `${loss.acknowledged} acknowledged, ${loss.lost.length} lost`,
    ),
    expectation('never two writers at once', twoWriters(onPrimary, onStandby).onlyStandby === 0, 'by the rows of both databases'),
    expectation(
      'only the primary acknowledged rows',
      clients.acknowledged.every(({ by }) => by === 'primary'),
      `${clients.first('standby') ? 'the standby did too' : 'none by the standby'}`,
    ),
  ];
}
