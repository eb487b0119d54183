/** The old primary comes back after the promotion. PostgreSQL itself lets it write; nobody must be sent there. */
import { twoWriters } from '../../postgres';
import { type Expectation, expectation } from '../outcome';
import { answered, promotedMs } from './judge';
import type { Play } from './play';
import type { Death } from './scenario';
import { LATCH } from './setting';

/** Longer than a run of the prober, which looks for claims once, and than a checker takes to call a site healthy. */
const WATCHED_MS = 150_000;
/** Two looks of the prober, a minute apart, and a page. */
const CLAIM_LIMIT_SEC = 300;

/** As long as an old primary is only there, nobody needs to be woken. */
async function comesBack(play: Play): Promise<Expectation[]> {
  const { clients, lab, pair } = play;
  await Promise.all([pair.restartPrimary({ heartbeat: false }), lab.world.sites.primary.heal()]);
  const backMs = lab.time.nowMs();
  play.tell('world', 'the old primary is back: its site answers, and its PostgreSQL is not in recovery', 'bad');
  const before = clients.acknowledged.length;
  await play.sleep(WATCHED_MS);
  const since = clients.acknowledged.slice(before);
  const writers = await pair.writers();
  const healthy = lab.world.healthChecks.healthy(lab.pair.checks.primary);
  return [
    expectation('PostgreSQL would let both sides write', writers.length === 2, writers.join(' and ')),
    expectation('Route 53 calls the old primary healthy again', healthy === true, String(healthy)),
    expectation(
      'the latch keeps it out: no server answers it',
      lab.cloudWatch.stateOf(LATCH.alarm) === 'ALARM' && answered(play, 'primary', promotedMs(play)) === 0,
      `the latch is ${lab.cloudWatch.stateOf(LATCH.alarm)}`,
    ),
    expectation(
      'every client writes on to the standby',
      since.length > 0 && since.every(({ by }) => by === 'standby'),
      `${since.length} rows`,
    ),
    expectation(
      'nobody is woken for an old primary to which nobody writes',
      claims(play).length === 0 && play.state?.splitBrain === undefined,
      'no claim',
    ),
    expectation(
      'nothing else was promoted, and the epoch stands',
      play.database.instances.promotions === 1 && play.state?.lastRuns.length === 1,
      `since ${Math.round((lab.time.nowMs() - backMs) / 1_000)} s`,
    ),
  ];
}

/** Somebody writes there past every name: its own heartbeat job runs again, and one row comes in by its address. */
async function writesThere(play: Play): Promise<Expectation[]> {
  const { pair } = play;
  pair.setHeartbeat('primary', true);
  await pair.servers.primary.query("insert into orders (id) values ('somebody-0')");
  play.tell('world', 'somebody writes to the old primary directly, and its heartbeat job runs again', 'bad');
  const paged = await play.until(CLAIM_LIMIT_SEC, () => claims(play).length > 0 && play.state?.splitBrain !== undefined);
  const rows = twoWriters(await pair.rowsOf('primary'), await pair.rowsOf('standby'));
  return [
    expectation('a second writer is paged as a split brain', paged, claims(play)[0]?.summary ?? 'nobody was paged'),
    expectation(
      'the journal keeps the claim until a person clears it',
      play.state?.splitBrain !== undefined,
      play.state?.splitBrain?.because ?? 'no claim',
    ),
    expectation('the rows of both databases show it too', rows.atOnce === 1, `${rows.atOnce} at once`),
    expectation('nothing else is promoted for it', play.database.instances.promotions === 1, play.database.instances.promotions),
  ];
}

const claims = (play: Play) => play.incidents('/split-brain');

export const RETURNS: Death = { afterwards: comesBack, epilogue: writesThere };
