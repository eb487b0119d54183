/** What must hold once every message of a world that came to rest has reached its end. */
import { incidentKey, watchKey } from '../../../../decide/database/run-rules';
import type { JournalItem } from '../../../../decide/journal';
import type { Ending } from '../endings';
import { PAIR } from '../registrations';
import type { World } from '../world';

export function alertEndings({ alerts, store }: World): Ending[] {
  const item = store.read(PAIR);
  const all: Ending[] = alerts.queue.dead.map(({ because }) => ({
    invariant: 'I18',
    because: `a message was buried: ${because}`,
  }));
  if (alerts.queue.length > 0) all.push({ invariant: 'I18', because: `${alerts.queue.length} messages never came to their end` });
  for (const key of alerts.desk.incidents.keys()) {
    if (!alerts.said.has(key)) all.push({ invariant: 'I19', because: `${key} is an incident that nobody told of` });
  }
  for (const [key, { last, outages }] of alerts.said) {
    const over = last === 'resolve' || (item !== undefined && isOver(key, item));
    const open = alerts.desk.isOpen(key);
    if (over && open && !isSuspectedAgain(key, item))
      all.push({ invariant: 'I17', because: `${key} is open, and what it tells of is over` });
    if (!over && !open) all.push({ invariant: 'I18', because: `${key} is not open, and what it tells of goes on` });
    const opened = alerts.desk.incidents.get(key)?.opened ?? 0;
    if (opened > outages + alerts.excused)
      all.push({ invariant: 'I19', because: `${key} was opened ${opened} times, for ${outages} outages` });
  }
  return all;
}

/**
 * A late page of a suspicion that is over goes out while another one stands, and comes back until that one is over too: the
 * world ended before.
 */
const isSuspectedAgain = (key: string, item: JournalItem | undefined): boolean =>
  key.startsWith(watchKey(PAIR, '')) && key !== watchKey(PAIR, 'readiness') && item?.database?.suspect !== undefined;

/**
 * What the prober suspects is over with the suspicion, the incident of a run once it is done, or was given up before the primary
 * recovered, and doubts with their end.
 */
function isOver(key: string, { database, latchDoubt, readiness }: JournalItem): boolean {
  if (key === `${PAIR}/latch`) return !latchDoubt;
  if (key === watchKey(PAIR, 'readiness')) return readiness?.because.length === 0;
  const { lastRuns = [], recoveredEpoch = 0 } = database ?? {};
  const ended = lastRuns.find(({ epoch }) => key === incidentKey(PAIR, epoch));
  if (ended) return ended.outcome === 'done' || ended.epoch <= recoveredEpoch;
  return key.startsWith(watchKey(PAIR, '')) && !database?.suspect && !database?.run;
}
