import type { PairRegistration, ServiceDatabase } from '../../contracts/registration';
import { noteService, type ServiceSeen, watchService } from '../../decide/database/service-watch';
import { TICK_MS } from '../../decide/database/witnesses';
import type { Announcer, Journal, Log, Time } from '../ports';
import type { ServiceLooks } from '../ports/database';
import { tell } from './drill/context';
import { every } from './every';
import { transact } from './transact';

export interface ServiceWatchPorts {
  readonly time: Time;
  readonly log: Log;
  readonly journal: Journal;
  readonly announcer: Announcer;
  readonly serviceLooks: ServiceLooks;
}

/**
 * Looks once at the writer of a database that its own service fails over, and every 5 s until `untilMs` while nobody writes.
 * Orders nothing.
 */
export async function keepServiceWatch(
  registration: PairRegistration,
  database: ServiceDatabase,
  ports: ServiceWatchPorts,
  untilMs: number,
): Promise<void> {
  const { time } = ports;
  const beganMs = time.nowMs();
  let looks = 0;
  let amiss = true;
  // Counted as well: a clock that is set back must not keep the keeper from its end.
  const mostLooks = Math.max(Math.floor((untilMs - beganMs) / TICK_MS), 1);
  await every(
    time,
    TICK_MS,
    () => amiss && looks < mostLooks && (looks === 0 || time.nowMs() < untilMs),
    async () => {
      looks += 1;
      amiss = await lookOnce(registration, database, ports);
    },
  );
}

/** Tells first and notes after: twice is better than never. @returns whether nobody is known to write since a look that said so */
async function lookOnce(registration: PairRegistration, database: ServiceDatabase, ports: ServiceWatchPorts): Promise<boolean> {
  const { pair } = registration;
  const item = await ports.journal.read(pair);
  const seen = seenBy(database, await ports.serviceLooks.look(database));
  if (seen.kind === 'unknown') ports.log.error('the service does not say who writes', { pair, because: seen.because });
  const { next, said } = watchService(pair, database.id, item?.service, seen, ports.time.nowMs());
  for (const one of said) await tell(ports, registration, 'keeper', { ...one, epoch: item?.epoch ?? 0 });
  await transact(ports.journal, pair, (found) => noteService(found, pair, item?.service, next));
  return next.amiss !== undefined;
}

/** An instance is its own writer; a cluster names one of its instances. */
export function seenBy(database: ServiceDatabase, view: Awaited<ReturnType<ServiceLooks['look']>>): ServiceSeen {
  if (view.kind !== 'member') return view;
  const { status, zone, writesBy } = view;
  const writer = database.kind === 'instance' ? view.id : writesBy;
  return {
    kind: 'member',
    status,
    ...(writer === undefined ? {} : { writer }),
    ...(zone === undefined ? {} : { zone }),
  };
}
