/** A failover under way, and the journal item that holds it. */
import { boundDatabase } from '../../../lib/decide/database/order-rules';
import type { RunKey } from '../../../lib/decide/database/run-rules';
import type { DatabaseRun, DatabaseState, EndedRun, RunStep } from '../../../lib/decide/database/state';
import { blankItem, type Ruled } from '../../../lib/decide/drill/rules';
import type { JournalItem } from '../../../lib/decide/journal';

export const NOW = 1_000_000;
export const KEY: RunKey = { run: 'app-e1', epoch: 1 };
export const LOSS = { ms: 1, basis: 'lag samples' } as const;
export const done = (change: Partial<RunStep> = {}): RunStep => ({ beganAtMs: NOW, attempts: 1, outcome: 'done', ...change });
export const run = (change: Partial<DatabaseRun> = {}): DatabaseRun => ({
  id: 'app-e1',
  kind: 'failover',
  epoch: 1,
  startedBy: 'prober',
  automatic: true,
  startedAtMs: NOW,
  candidate: 'b1',
  loss: LOSS,
  steps: {},
  ...change,
});
export const item = (change: Partial<DatabaseRun> = {}, database: Partial<DatabaseState> = {}): JournalItem => ({
  ...blankItem('app'),
  epoch: 1,
  incident: { key: 'app/1', sinceMs: NOW },
  database: {
    ...boundDatabase({ source: 'a', replicas: ['b1', 'b2'], generation: 1 }),
    state: 'ASSESSING',
    run: run(change),
    ...database,
  },
});
/** The same pair while nothing runs. */
export const idle = (change: Partial<DatabaseState> = {}, of: Partial<JournalItem> = {}): JournalItem => ({
  ...blankItem('app'),
  epoch: 1,
  database: { ...boundDatabase({ source: 'a', replicas: ['b1', 'b2'], generation: 1 }), ...change },
  ...of,
});
export const written = <T>(ruled: Ruled<T>): JournalItem => {
  if (ruled.kind === 'keep') throw new Error(`kept: ${JSON.stringify(ruled.answer)}`);
  return ruled.item;
};
export const runOf = <T>(ruled: Ruled<T>) => written(ruled).database?.run;
export const lost = (because: string) => ({ kind: 'keep', answer: { kind: 'lost', because } });
export const refused = (...because: readonly string[]) => ({ kind: 'keep', answer: { kind: 'refused', because } });
export const rollback = { atMs: NOW, because: ['x'] };
export const promoteRequested = { candidate: 'b1', atMs: NOW };

export const ended = (outcome: EndedRun['outcome'], epoch: number, change: Partial<EndedRun> = {}): EndedRun => ({
  id: `app-e${epoch}`,
  kind: 'failover',
  epoch,
  outcome,
  because: [],
  endedAtMs: NOW,
  ...change,
});
