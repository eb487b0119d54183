/** The standby is too far behind when the primary dies: nobody is promoted before a person consents to the loss. */
import { ALARM_PERIOD_MS } from '../../aws';
import { type Expectation, expectation } from '../outcome';
import { PAIR, STANDBY_REGION } from '../setting';
import { INCIDENT, type Play } from './play';
import { type Death, dies } from './scenario';
import { CONSENTED_MS } from './setting';

const LAG_MS = 45_000;
const ASK_LIMIT_SEC = 300;
const PAGE_LIMIT_SEC = 120;
/** A person reads before they type; nothing may happen meanwhile. */
const READING_MS = 20_000;

/** What the page tells a person to type. */
const ORDER = /failover (approve \S+ --epoch \d+ --loss-ms \S+)/;

export const LAG: Death = {
  strike: async (play) => {
    play.pair.delayShipping(LAG_MS / play.lab.scale);
    play.tell('world', `rows now take ${LAG_MS / 1_000} s to the standby`, 'bad');
    // CloudWatch must have seen it: a lag is known a minute late.
    await play.sleep(LAG_MS + ALARM_PERIOD_MS + 5_000);
    await dies(play);
  },
  meanwhile: async (play) => {
    const { database, lab } = play;
    await play.until(ASK_LIMIT_SEC, () => play.state?.state === 'AWAITING_CONSENT' || play.givenUp);
    const asked = play.state?.state === 'AWAITING_CONSENT';
    await play.until(asked ? PAGE_LIMIT_SEC : 0, () => orderIn(play) !== undefined);
    await play.sleep(READING_MS);
    const waited = database.instances.promotions === 0 && play.state?.state === 'AWAITING_CONSENT';
    const order = orderIn(play);
    const args = [...(order ?? 'approve').split(' '), '--yes-i-mean', PAIR, '--region', STANDBY_REGION];
    const early = database.instances.promotions;
    const less = await lab.operator(args.map((one) => (/^\d{4,}$/.test(one) ? String(CONSENTED_MS) : one)));
    play.tell('operator', `failover ${order ?? 'approve'}`);
    const typed = await lab.operator(args);
    for (const line of typed.text.split('\n')) play.tell('operator', line, typed.code === 0 ? 'good' : 'bad');
    return [
      expectation(
        'a loss above what was consented to is asked for',
        asked,
        play.run?.asked ? `${play.run.asked.lossMs} ms` : 'no',
      ),
      expectation('a person is paged with what to type', order !== undefined, order ?? 'no page'),
      expectation('nothing is promoted before somebody consents', waited && early === 0, `${early} promotions ordered`),
      expectation('consent to less than was shown is refused', less.code === 1, less.text.split('\n').at(-2) ?? less.text),
      expectation('the shipped command line takes the consent', typed.code === 0, typed.text.split('\n').at(-1) ?? ''),
    ];
  },
  afterwards: async (play) => consented(play),
};

const orderIn = ({ lab }: Play): string | undefined =>
  lab.pagerDuty
    .requests()
    .filter(({ event, status }) => event.dedup_key === INCIDENT && status === 202)
    .map(({ event }) => ORDER.exec((event.payload as { summary?: string } | undefined)?.summary ?? '')?.[1])
    .findLast((one) => one !== undefined);

async function consented({ run, state }: Play): Promise<Expectation[]> {
  const { consent, loss } = run ?? {};
  return [
    expectation(
      'the journal keeps who consented, to how much, at which epoch',
      consent !== undefined &&
        consent.epoch === 1 &&
        loss !== undefined &&
        consent.lossMs >= loss.ms &&
        state?.active === 'standby',
      consent ? `${consent.by} consented to ${consent.lossMs} ms at epoch ${consent.epoch}` : 'no consent',
    ),
    expectation('what was refused is above the consented 30 s', (loss?.ms ?? 0) > CONSENTED_MS, `${loss?.ms} ms`),
  ];
}
