/** What every scenario with a database is held against: the rows of both databases, the journal, and what was ordered. */
import { lossOf, oldestLostMs, twoWriters } from '../../postgres';
import { always, type Expectation, expectation } from '../outcome';
import { RECORD } from '../setting';
import { INCIDENT, type Play } from './play';

/** A client hears of its row a little after it was written, in lab ms. */
const CLOCK_MS = 250;

export interface Rows {
  readonly acknowledged: number;
  readonly lost: number;
  /** How long before the first evidence the oldest lost row was acknowledged, in ms. */
  readonly oldestMs: number;
  readonly expectations: readonly Expectation[];
}

/**
 * Reads both databases, the dead one too. Every acknowledged row is somewhere; the survivor lacks none that is older than
 * the loss that was stated before the promotion; and no two databases took rows at the same time.
 */
export async function rowsOf({ clients, database, pair, run, state }: Play, failedMs?: number): Promise<Rows> {
  const [onPrimary, onStandby] = [await pair.rowsOf('primary'), await pair.rowsOf('standby')];
  const promoted = database.instances.promotions > 0;
  const { acknowledged } = clients;
  const survivor = promoted ? onStandby : onPrimary;
  const { lost } = lossOf(acknowledged, survivor);
  const nowhere = lossOf(acknowledged, [...onPrimary, ...onStandby]).lost.length;
  const statedMs = promoted ? (state?.lastRuns[0]?.lossMs ?? Number.NaN) : 0;
  // The loss is stated for the moment of the first evidence, so that is where ages are counted from.
  const evidenceMs = run?.failedAtMs ?? failedMs ?? 0;
  const oldestMs = Math.max(0, oldestLostMs({ acknowledged: acknowledged.length, lost, unannounced: 0 }, evidenceMs));
  const { onlyPrimary, onlyStandby, atOnce } = twoWriters(onPrimary, onStandby);
  const stated = promoted
    ? // A run that has not ended in time has stated nothing yet: that is slowness.
      (Number.isNaN(statedMs) ? expectation : always)(
        'no acknowledged row older than the stated loss is missing',
        oldestMs <= statedMs + CLOCK_MS,
        `the oldest of ${lost.length} lost rows is ${sec(oldestMs)} old, stated are ${sec(statedMs)}`,
      )
    : always('no acknowledged row is lost', lost.length === 0, `${acknowledged.length} acknowledged, ${lost.length} lost`);
  return {
    acknowledged: acknowledged.length,
    lost: lost.length,
    oldestMs,
    expectations: [
      stated,
      always('every acknowledged row lies in one of the databases', nowhere === 0, `${nowhere} are in neither`),
      always(
        'never two writers at once, by the rows of both databases',
        atOnce === 0 && (promoted || onlyStandby === 0),
        `${onlyPrimary} rows only on the old primary, ${onlyStandby} only on the standby, ${atOnce} at once`,
      ),
    ],
  };
}

/** A run that ended well, told to the journal and to people, with one promotion and never a way back. */
export function failedOver(play: Play): Expectation[] {
  const { database, lab, state } = play;
  const run = state?.lastRuns[0];
  const incident = lab.pagerDuty.incidents().filter(({ dedupKey }) => dedupKey === INCIDENT);
  return [
    expectation(
      'the journal says that the standby writes, by one run that is done',
      state?.active === 'standby' && run?.outcome === 'done' && run.epoch === 1 && state.lastRuns.length === 1,
      `${state?.active}, ${run?.outcome} at epoch ${run?.epoch}`,
    ),
    expectation('one promotion was ordered', database.instances.promotions === 1, database.instances.promotions),
    expectation(
      'one incident was opened for the failover, and resolved with it',
      incident.length === 1 && incident[0]?.resolvedAtMs !== undefined,
      incident.map(({ summary }) => summary).join(' | ') || 'none',
    ),
    expectation('the name never answers the old primary again', answered(play, 'primary', promotedMs(play)) === 0, 'by DNS'),
  ];
}

/** Nobody was promoted, and no epoch was taken. */
export function leftAlone({ clients, database, state }: Play): Expectation[] {
  const { promotions } = database.instances;
  return [
    expectation('nothing was promoted', promotions === 0, `${promotions} promotions ordered`),
    expectation(
      'the journal says that the primary writes, and no epoch was taken',
      state?.active === 'primary' && state.lastRuns.length === 0 && state.run === undefined,
      `${state?.active}, ${state?.lastRuns.length} runs`,
    ),
    expectation(
      'only the primary acknowledged rows',
      clients.acknowledged.every(({ by }) => by === 'primary'),
      `${clients.first('standby') ? 'the standby did too' : 'none by the standby'}`,
    ),
  ];
}

/** How often a name server began to answer a site, by the world's own log. */
export function answered({ lab }: Play, site: 'primary' | 'standby', sinceMs: number): number {
  const { address } = lab.world.sites[site];
  const changes = lab.world.truth.all('answer-changed', (event) => event.name.startsWith(RECORD), sinceMs);
  return changes.filter(({ values }) => values.includes(address)).length;
}

/** When RDS accepted the order; never: infinity. */
export const promotedMs = ({ lab }: Play) =>
  lab.endpoint.recordedCalls().find(({ action }) => action === 'rds:PromoteReadReplica')?.atMs ?? Number.POSITIVE_INFINITY;

export const sec = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
