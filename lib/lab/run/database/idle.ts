/** Nobody writes for minutes. The lag that RDS reports would grow all the while; the heartbeat keeps it honest. */
import { expectation, type Outcome } from '../outcome';
import { leftAlone, rowsOf } from './judge';
import { type Play, withDatabase } from './play';

const IDLE_MS = 240_000;
/** Above what a beat a second can explain, and far below the alarm at 30 s. */
const LAG_LIMIT_SEC = 10;
const LOOKS = 8;

export const idleScenario = withDatabase(async (play: Play): Promise<Outcome> => {
  const { clients, lab, pair } = play;
  await clients.stop();
  const before = lab.pagerDuty.incidents().length;
  play.tell('world', `nobody writes any more; the heartbeat goes on, for ${IDLE_MS / 1_000} s`);
  const lags: number[] = [];
  for (let n = 0; n < LOOKS; n++) {
    await play.sleep(IDLE_MS / LOOKS);
    lags.push(((await pair.replicaLagSec()) ?? Number.NaN) * lab.scale);
  }
  const worst = Math.max(...lags);
  const paged = lab.pagerDuty.incidents().length - before;
  await pair.caughtUp();
  return {
    figures: [],
    notes: [`ReplicaLag of an idle database: ${worst.toFixed(1)} s at most, of ${LOOKS} looks (measured)`],
    expectations: [
      expectation('nobody is paged', paged === 0, `${paged} incidents`),
      ...leftAlone(play),
      expectation('nothing speaks against the primary', play.state?.suspect === undefined, play.state?.state ?? 'no journal'),
      expectation(`ReplicaLag stays below ${LAG_LIMIT_SEC} s`, worst < LAG_LIMIT_SEC, `${worst.toFixed(1)} s`),
      ...(await rowsOf(play)).expectations,
    ],
  };
});
