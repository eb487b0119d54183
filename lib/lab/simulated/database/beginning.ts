/** How a world begins: armed at the primary, or served by the standby after a failover, with the way back rebuilt. */
import { boundDatabase } from '../../../decide/database/order-rules';
import { blankItem } from '../../../decide/drill/rules';
import type { JournalItem } from '../../../decide/journal';
import { PAIR, REBUILT, SOURCE } from './registrations';
import type { Promotion } from './service';
import { EPOCH_MS, type Setting } from './setting';

const HOUR = 3_600_000;

/** Who writes when the world begins. */
export const firstWriter = ({ replicas, rebuilt }: Setting): string => (rebuilt ? (replicas[0]?.id ?? SOURCE) : SOURCE);

export function firstItem(setting: Setting): JournalItem {
  const members = { source: SOURCE, replicas: setting.replicas.map((r) => r.id), generation: 1 };
  const bound = { ...blankItem(PAIR), revision: 1, database: boundDatabase(members) };
  const { rebuilt } = setting;
  if (!rebuilt) return bound;
  const writer = firstWriter(setting);
  const { priority: _priority, ...member } = REBUILT;
  return {
    ...bound,
    epoch: 1,
    database: {
      ...bound.database,
      state: 'SERVING_STANDBY',
      active: 'standby',
      writer,
      latch: { ...bound.database.latch, on: true },
      writerName: Object.fromEntries(members.replicas.map((id) => [id, id === writer])),
      lastRuns: [
        { id: `${PAIR}-e1`, kind: 'failover', epoch: 1, outcome: 'done', because: [], endedAtMs: EPOCH_MS - HOUR, lossMs: 0 },
      ],
      rebuilt: { ...member, replicating: true },
    },
  };
}

/** Orders that had their effect before the world began. */
export function firstPromotions(setting: Setting): Promotion[] {
  if (!setting.rebuilt) return [];
  const orderedMs = EPOCH_MS - 2 * HOUR;
  return [{ id: firstWriter(setting), epoch: 1, orderedMs, writableMs: orderedMs, endsMs: orderedMs, fails: false }];
}
