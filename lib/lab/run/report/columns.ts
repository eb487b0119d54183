/** What a recording of the lab consists of: the lab's own truth, and beside it what users and the product saw. */
import type { WritingClients } from '../../postgres';
import type { SiteName } from '../../world';
import type { Lab } from '../lab';
import type { Observer } from '../observer';
import { RECORD } from '../setting';
import { journalOf } from '../state';
import type { Recorder } from './recorder';

export type Answered = SiteName | 'nobody';

const SITES: readonly SiteName[] = ['primary', 'standby'];
const ASKED_MS = 1_000;

type Watched = Pick<Lab, 'world' | 'pair' | 'time' | 'scale' | 'database' | 'dynamo'>;

/** What a name server would answer to users now. */
export function answerOf(lab: Pick<Lab, 'world'>, server: Lab['world']['servers'][number]): Answered {
  const found = lab.world.zone.answer(RECORD, 'A', server.health);
  return siteAt(lab, found.kind === 'answer' ? found.sets.at(-1)?.values[0] : undefined);
}

export function siteAt({ world }: Pick<Lab, 'world'>, address: string | undefined): Answered {
  return SITES.find((site) => world.sites[site].address === address) ?? 'nobody';
}

/** The columns that every lab has. */
export function addTruth(recorder: Recorder, lab: Watched): void {
  const { world, pair } = lab;
  for (const [i, server] of world.servers.entries()) {
    const what = `what name server ${i + 1} answers`;
    recorder.add({ key: `answer.ns${i + 1}`, what, unit: 'site', origin: 'truth' }, () => answerOf(lab, server));
  }
  for (const site of SITES) {
    recorder.add(
      { key: `unhealthy.${site}`, what: `checkers that call the ${site} unhealthy`, unit: 'of 16', origin: 'truth' },
      () => {
        const { healthy, of } = world.healthChecks.healthyCheckers(pair.checks[site]) ?? { healthy: 0, of: 0 };
        return of - healthy;
      },
    );
    const what = `requests that the ${site} answered well, health checks not counted`;
    recorder.add({ key: `served.${site}`, what, unit: 'since the start', origin: 'truth' }, () => world.sites[site].served);
  }
  if (lab.database) addDatabase(recorder, lab, lab.database);
}

function addDatabase(recorder: Recorder, lab: Watched, { pair }: NonNullable<Lab['database']>): void {
  let writer: string | undefined;
  let lagSec: number | undefined;
  // Asked in a loop of its own: a sample must not wait for a database.
  void (async () => {
    for (;;) {
      const [writing, lag] = await Promise.all([pair.writers().catch(() => undefined), pair.replicaLagSec()]);
      writer = writing && (writing.length > 1 ? 'both' : (writing[0] ?? 'nobody'));
      lagSec = lag === undefined || lag < 0 ? undefined : lag * lab.scale;
      await lab.time.sleep(ASKED_MS);
    }
  })();
  recorder.add(
    { key: 'writer', what: 'which database accepts writes, asked of both', unit: 'site', origin: 'truth' },
    () => writer,
  );
  recorder.add(
    { key: 'lag', what: 'age of what the standby replayed last, asked of PostgreSQL', unit: 's', origin: 'measured' },
    () => lagSec,
  );
  recorder.add({ key: 'epoch', what: 'epoch in the journal', unit: 'epoch', origin: 'measured' }, () => {
    const state = journalOf(lab)?.database;
    return state && (state.run?.epoch ?? state.lastRuns[0]?.epoch ?? 0);
  });
}

/** What an observer sees from outside. */
export function addObserver(lab: Lab, observer: Observer): void {
  const { recorder } = lab;
  for (const site of SITES) {
    const what = `good answers of the ${site}, as eight clients got them`;
    recorder.add({ key: `requests.${site}`, what, unit: 'since the start', origin: 'measured' }, () => observer.counts[site]);
  }
  const what = 'requests without a good answer, as eight clients saw it';
  recorder.add({ key: 'requests.failed', what, unit: 'since the start', origin: 'measured' }, () => observer.counts.failed);
  recorder.add(
    { key: 'answer.seen', what: 'what both name servers answered when asked', unit: 'site', origin: 'measured' },
    () => (observer.answer === undefined ? undefined : observer.answer),
  );
}

/** What clients that write were told. */
export function addWriters(lab: Lab, clients: WritingClients): void {
  const count = { primary: 0, standby: 0 };
  let counted = 0;
  for (const site of SITES) {
    const what = `writes that the ${site} acknowledged, as eight clients heard it`;
    lab.recorder.add({ key: `writes.${site}`, what, unit: 'since the start', origin: 'measured' }, () => {
      for (; counted < clients.acknowledged.length; counted++) {
        const by = clients.acknowledged[counted]?.by;
        if (by) count[by] += 1;
      }
      return count[site];
    });
  }
  const what = 'writes that failed or whose answer never came';
  lab.recorder.add({ key: 'writes.failed', what, unit: 'since the start', origin: 'measured' }, () => clients.failed);
}
