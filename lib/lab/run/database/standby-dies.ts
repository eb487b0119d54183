/** The standby's Region dies, and with it the whole control set: users must not notice, and somebody must. */
import { expectation, type Outcome } from '../outcome';
import { faultMark, healedMark } from '../report/marks';
import { ALARMS, STANDBY_REGION } from '../setting';
import { answered, leftAlone, rowsOf } from './judge';
import { type Play, withDatabase } from './play';

const PAGE_LIMIT_SEC = 300;
const HEAL_LIMIT_SEC = 300;
const AFTER_PAGE_MS = 60_000;

export const standbyDiesScenario = withDatabase(async (play: Play): Promise<Outcome> => {
  const { clients, lab, pair } = play;
  const brokenMs = lab.time.nowMs();
  lab.endpoint.lose(STANDBY_REGION);
  lab.host.lose(STANDBY_REGION);
  await Promise.all([lab.world.sites.standby.fail('refused'), pair.crashStandby()]);
  play.tell('world', `${STANDBY_REGION} is gone: site, database, journal, prober, keeper and one foot of the alert path`, 'bad');
  const incident = () => play.incidents(ALARMS.standby)[0];
  const paged = await play.until(PAGE_LIMIT_SEC, () => incident() !== undefined);
  const others = lab.pagerDuty.incidents().filter((one) => one !== incident() && one.openedAtMs >= brokenMs);
  const before = clients.acknowledged.length;
  await play.sleep(AFTER_PAGE_MS);
  const written = clients.acknowledged.length - before;
  const moves = answered(play, 'standby', brokenMs);

  await Promise.all([lab.world.sites.standby.heal(), pair.restartStandby()]);
  lab.endpoint.regain(STANDBY_REGION);
  lab.host.regain(STANDBY_REGION);
  const mendedMs = lab.time.nowMs();
  play.tell('world', `${STANDBY_REGION} is back`, 'good');
  const resolved = await play.until(HEAL_LIMIT_SEC, () => incident()?.resolvedAtMs !== undefined);
  await clients.stop();
  await pair.caughtUp();
  return {
    figures: [],
    marks: [faultMark(brokenMs, 'the standby Region dies'), healedMark(mendedMs)],
    notes: [
      `who can page: ${STANDBY_REGION} holds prober, keeper and journal, so none of them does; Route 53's alarm in us-east-1 and its own foot of the alert path do (measured)`,
    ],
    expectations: [
      expectation('Route 53 and its alarm in us-east-1 page for the standby', paged, incident()?.summary ?? 'nobody'),
      expectation(
        'the control set is silent with its Region',
        others.length === 0,
        others.map(({ summary }) => summary).join(' | ') || 'no other page',
      ),
      ...leftAlone(play),
      expectation('no name server begins to answer the standby', moves === 0, `${moves} changes`),
      expectation('clients write on to the primary all the while', written > 0, `${written} rows in ${AFTER_PAGE_MS / 1_000} s`),
      ...(await rowsOf(play)).expectations,
      expectation('the incident is resolved when the Region is back', resolved, resolved ? 'yes' : 'still open'),
    ],
  };
});
