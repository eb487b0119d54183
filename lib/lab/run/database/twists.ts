/** The same death of a Region, with something else going wrong beside it. */
import { expectation } from '../outcome';
import { deadLetterName, FEET, NAMES, PAIR, queueName, STANDBY_REGION } from '../setting';
import { INCIDENT, type Play } from './play';
import { type Death, dies } from './scenario';

const RUN_LIMIT_SEC = 300;
const STORM_MS = 45_000;
const STORM_LIMIT_SEC = 300;
const DELIVERED_LIMIT_SEC = 600;

/** Nobody is refused: packets are swallowed, by the site and by the database alike. */
export const BLACK_HOLE: Death = { strike: (play) => dies(play, 'frozen') };

/** The step function is killed after the order was written down, when it arrives at RDS and before it has any effect. */
export const CONTROLLER_KILLED: Death = {
  strike: async (play) => {
    const { database, lab } = play;
    let orders = 0;
    database.beforePromotion = () => {
      orders += 1;
      if (orders > 1) return undefined;
      lab.host.kill(NAMES.databaseStepFunction);
      return { kind: 'cut' };
    };
    await dies(play);
  },
  meanwhile: async (play) => {
    await play.until(RUN_LIMIT_SEC, () => play.run?.promoteRequested !== undefined || play.givenUp);
    const requested = play.run?.promoteRequested !== undefined;
    const before = play.database.instances.promotions;
    await play.until(RUN_LIMIT_SEC, () => play.database.instances.promotions > 0 || play.givenUp);
    const attempts = () => play.run?.steps['promote_replica']?.attempts ?? 0;
    await play.until(RUN_LIMIT_SEC, () => play.state?.run === undefined);
    return [
      expectation('the order stood in the journal before it was given', requested && before === 0, `${before} promotions then`),
      expectation('another call of the step carried on', attempts() > 1, `${attempts()} calls of promote_replica`),
      expectation('the step function was killed in the middle', killed(play) === 1, `${killed(play)} times`),
    ];
  },
};

const killed = ({ story }: Play) => story.lines.filter(({ text }) => text.includes('is killed in the middle')).length;

/** Two probers from the beginning, and a second execution for the same run as soon as there is one. */
export const TWO_CONTROLLERS: Death = {
  strike: async (play) => {
    play.lab.host.invokeLater(NAMES.proberFunction, STANDBY_REGION, {});
    play.tell('world', 'a second prober watches too');
    await play.sleep(20_000);
    play.lab.host.invokeLater(NAMES.proberFunction, STANDBY_REGION, {});
    await dies(play);
  },
  meanwhile: async (play) => {
    const { lab } = play;
    const began = await play.until(RUN_LIMIT_SEC, () => play.run !== undefined);
    const { id = 'none', epoch = 0 } = play.run ?? {};
    const twin = lab.machines.startByHand(NAMES.databaseMachine, `${id}-twin`, { pair: PAIR, run: id, epoch });
    play.tell('operator', `starts a second execution of ${id} by hand`);
    await play.until(2 * RUN_LIMIT_SEC, () => play.state?.run === undefined);
    const end = await Promise.race([twin.ended, play.sleep(120_000).then(() => undefined)]);
    return [
      expectation(
        'two executions carry one run',
        began && lab.machines.all().length === 2,
        `${lab.machines.all().length} executions`,
      ),
      expectation('the second one ends without harm', end?.status === 'SUCCEEDED', end?.status ?? 'still running'),
    ];
  },
};

/** PagerDuty refuses everybody with 429 for a while, just when it matters. */
export const PAGER_STORM: Death = {
  strike: async (play) => {
    play.lab.pagerDuty.always({ status: 429, retryAfterSec: 10 });
    play.tell('world', 'PagerDuty answers 429 to everybody', 'bad');
    await dies(play);
  },
  meanwhile: async (play) => {
    const { lab } = play;
    await play.until(STORM_LIMIT_SEC, () => refused(play).some(({ event }) => event.dedup_key === INCIDENT));
    await play.sleep(STORM_MS);
    lab.pagerDuty.always('accept');
    play.tell('world', 'PagerDuty answers again', 'good');
    return [];
  },
  afterwards: async (play) => {
    const { lab } = play;
    const waiting = () => FEET.reduce((n, region) => n + lab.sqs.messages(queueName(region)).length, 0);
    const delivered = await play.until(DELIVERED_LIMIT_SEC, () => waiting() === 0);
    const dead = FEET.reduce((n, region) => n + lab.sqs.messages(deadLetterName(region)).length, 0);
    const open = lab.pagerDuty.open().filter(({ dedupKey }) => dedupKey === INCIDENT);
    const lost = refused(play).filter((one) => !taken(play).has(wordsOf(one.event)));
    return [
      expectation('PagerDuty refused for a while', refused(play).length > 1, `${refused(play).length} requests with 429`),
      expectation('no message is lost', delivered && dead === 0, `${waiting()} waiting, ${dead} dead letters`),
      expectation(
        'everything that was refused was taken later',
        lost.length === 0,
        lost.map(({ event }) => wordsOf(event)).join(' | ') || 'all',
      ),
      expectation('the incident of the failover is not left open', open.length === 0, `${open.length} open`),
    ];
  },
};

const refused = ({ lab }: Play) => lab.pagerDuty.requests().filter(({ status }) => status === 429);
const taken = ({ lab }: Play) =>
  new Set(
    lab.pagerDuty
      .requests()
      .filter(({ status }) => status === 202)
      .map(({ event }) => wordsOf(event)),
  );

/** What an event says, whenever it is sent. */
const wordsOf = (event: Readonly<Record<string, unknown>>) =>
  [event.event_action ?? 'note', event.dedup_key ?? '', (event.payload as { summary?: string } | undefined)?.summary ?? ''].join(
    ' ',
  );
