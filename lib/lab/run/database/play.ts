/** What scenarios with a database share: clients that write, the calm before anything happens, and waiting for the journal. */
import type { DatabaseRun, DatabaseState } from '../../../decide/database/state';
import { AuthoritativeDns } from '../../../runtime/adapters/authoritative-dns';
import type { LabIncident } from '../../pagerduty';
import { type PostgresPair, WritingClients } from '../../postgres';
import type { Lab } from '../lab';
import type { Outcome } from '../outcome';
import { addWriters } from '../report/columns';
import { PAIR, RECORD } from '../setting';
import { journalOf } from '../state';
import type { Story, Tone } from '../story';
import { until, warm } from '../wait';
import type { LabDatabase } from './open';

/** Longest wait in lab seconds. */
const CALM_LIMIT_SEC = 120;
/** Some looks of the prober, every 5 s: a reader that has seen one row only cannot bound a loss. */
const WATCHED_MS = 25_000;

export const CLIENTS = 8;
const WRITE_PAUSE_MS = 250;

/** Of the first epoch that is ever taken. */
export const INCIDENT = `${PAIR}/1`;

/** One scenario that is being played. */
export class Play {
  public readonly clients: WritingClients;
  private carried: DatabaseRun | undefined;

  public constructor(
    public readonly lab: Lab,
    public readonly story: Story,
  ) {
    this.clients = writersOf(lab);
    addWriters(lab, this.clients);
  }

  public get database(): LabDatabase {
    return databaseOf(this.lab);
  }

  public get pair(): PostgresPair {
    return this.database.pair;
  }

  /** The journal's word about the database, now. */
  public get state(): DatabaseState | undefined {
    const state = journalOf(this.lab)?.database;
    this.carried = state?.run ?? this.carried;
    return state;
  }

  /** The run as it was seen last: the journal forgets its details when it ends. */
  public get run(): DatabaseRun | undefined {
    return this.carried;
  }

  /** A run was undone and automation rests for minutes: whoever waits for a failover need not wait on. */
  public get givenUp(): boolean {
    return this.state?.lastRuns[0]?.outcome === 'rolled-back';
  }

  public tell(who: string, text: string, tone: Tone = 'plain'): void {
    this.story.tell(who, text, tone);
  }

  /** Waits in lab time, looking into the journal all the while. @returns false when it was not so within the limit */
  public until(limitSec: number, so: () => boolean): Promise<boolean> {
    return until(this.lab, limitSec, () => {
      void this.state;
      return so();
    });
  }

  public sleep(ms: number): Promise<void> {
    return this.lab.time.sleep(ms);
  }

  /** Every incident that was ever opened under keys that end so. */
  public incidents(keyEnds: string): readonly LabIncident[] {
    return this.lab.pagerDuty.incidents().filter(({ dedupKey }) => dedupKey.endsWith(keyEnds));
  }

  /** Checkers warm, the prober watching, rows arriving on the standby. */
  public async calm(): Promise<void> {
    await warm(this.lab, this.story);
    await this.until(CALM_LIMIT_SEC, () => this.state !== undefined && this.clients.acknowledged.length >= 2 * CLIENTS);
    await this.sleep(WATCHED_MS);
  }
}

/** A scenario whose clients have stopped when it ends, however it ends. */
export const withDatabase =
  (act: (play: Play) => Promise<Outcome>) =>
  async (lab: Lab, story: Story): Promise<Outcome> => {
    const play = new Play(lab, story);
    try {
      await play.calm();
      return await act(play);
    } finally {
      await play.clients.stop();
    }
  };

function databaseOf(lab: Lab): LabDatabase {
  if (!lab.database) throw new Error('this scenario needs a database');
  return lab.database;
}

/** Clients that resolve the pair's name at the zone's servers and keep the answer as long as they may. */
function writersOf(lab: Lab): WritingClients {
  const dns = new AuthoritativeDns();
  const { nameServers } = lab.world;
  return new WritingClients({
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
}
