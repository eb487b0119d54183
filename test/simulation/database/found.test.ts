/** What simulated worlds found in the controller, each in its smallest form. */
import { acquire, boundDatabase } from '../../../lib/decide/database/order-rules';
import { endRun, rollBack } from '../../../lib/decide/database/promotion-rules';
import {
  givenUpIncidents,
  isGivenUp,
  LIFTED_LATCH_MS,
  liftedLatchMs,
  noteAssessment,
  setLatch,
} from '../../../lib/decide/database/run-rules';
import { failureOf, noteSuspicion, VERDICT_MS } from '../../../lib/decide/database/watch-rules';
import { blankItem, type Ruled } from '../../../lib/decide/drill/rules';
import type { JournalItem } from '../../../lib/decide/journal';
import { CALM_DEATH, type Decorate, EPOCH_MS, PAIR, type SettingChange, simulateOne } from '../../../lib/lab/simulated/database';

const NOW = 1_800_000_000_000;
const MEMBERS = { source: 'a', replicas: ['r1', 'r2'], generation: 1 };
const KEY = { run: 'app-e1', epoch: 1 };
const armed = (): JournalItem => ({ ...blankItem(PAIR), database: boundDatabase(MEMBERS) });
function applied<T>(item: JournalItem, ...rules: ((item: JournalItem) => Ruled<T>)[]): JournalItem {
  return rules.reduce((now, rule) => {
    const ruled = rule(now);
    return ruled.kind === 'write' ? ruled.item : now;
  }, item);
}

describe('the writer name', () => {
  const asked = { pair: PAIR, kind: 'failover', startedBy: 'prober', automatic: true, seenEpoch: 0, nowMs: NOW } as const;
  const latched = () =>
    applied<unknown>(
      armed(),
      (item) => acquire(item, { ...asked, members: MEMBERS }),
      (item) => noteAssessment(item, KEY, 'r2', { ms: 1, basis: 'heartbeat' }),
      (item) => setLatch(item, KEY, true),
    );

  test('leaves the old writer with the latch: one that returns during the promotion gets no writes', () => {
    expect(latched().database?.writerName).toEqual({ r1: false, r2: true });
  });

  test('comes back with a rollback', () => {
    const back = applied<unknown>(
      latched(),
      (item) => rollBack(item, KEY, ['no'], NOW),
      (item) => setLatch(item, KEY, false),
    );
    expect(back.database?.writerName).toEqual({ r1: false, r2: false });
  });
});

describe('the moment of the failure', () => {
  const seen = (nowMs: number, outside: 'healthy' | 'unhealthy' | 'unknown') => (item: JournalItem) =>
    noteSuspicion(item, { nowMs, outside, writerSinceMs: NOW, gapsMs: { r1: 5_000 }, because: [] });
  const failure = (...ticks: ReturnType<typeof seen>[]) => failureOf(applied(armed(), ...ticks).database?.suspect, NOW + 600_000);

  test('is the first evidence, where Route 53 follows within its time', () => {
    const found = failure(seen(NOW, 'healthy'), seen(NOW + 40_000, 'unhealthy'));
    expect(found).toEqual({ failedAtMs: NOW, gapsMs: { r1: 5_000 } });
  });

  test('is later where only the link was cut first: users wrote until Route 53 gave the primary up', () => {
    const found = failure(seen(NOW, 'healthy'), seen(NOW + 300_000, 'unhealthy'), seen(NOW + 400_000, 'unknown'));
    expect(found).toEqual({ failedAtMs: NOW + 300_000 - VERDICT_MS, gapsMs: { r1: 305_000 - VERDICT_MS } });
  });

  test('is not taken from a verdict that nobody saw', () => {
    expect(failure(seen(NOW, 'healthy'), seen(NOW + 40_000, 'unknown')).failedAtMs).toBe(NOW + 600_000 - VERDICT_MS);
  });
});

describe('incidents of attempts that were given up', () => {
  const ended = (epoch: number, outcome: 'done' | 'rolled-back') => ({
    id: `app-e${epoch}`,
    kind: 'failover' as const,
    epoch,
    outcome,
    because: [],
    endedAtMs: NOW,
  });

  test('are closed with the first that ends well, however many there were', () => {
    const lastRuns = [ended(4, 'rolled-back'), ended(3, 'rolled-back'), ended(2, 'done'), ended(1, 'rolled-back')];
    expect(givenUpIncidents(PAIR, { ...boundDatabase(MEMBERS), lastRuns })).toEqual(['app/4', 'app/3']);
    expect(givenUpIncidents(PAIR, boundDatabase(MEMBERS))).toEqual([]);
  });
});

describe('a latch that was lifted before it showed', () => {
  const ended = (kind: 'failover' | 'failback', outcome: 'done' | 'rolled-back') => ({
    lastRuns: [{ id: 'app-e1', kind, epoch: 1, outcome, because: [], endedAtMs: NOW }],
  });

  test.each([
    ['may still show just after the rollback', ended('failover', 'rolled-back'), NOW, LIFTED_LATCH_MS],
    ['may still show one millisecond before its time', ended('failover', 'rolled-back'), NOW + LIFTED_LATCH_MS - 1, 1],
    ['is gone after its time', ended('failover', 'rolled-back'), NOW + LIFTED_LATCH_MS, 0],
    ['was never lifted where a failback was given up', ended('failback', 'rolled-back'), NOW, 0],
    ['was not lifted by a failover that ended well', ended('failover', 'done'), NOW, 0],
    ['is none where nothing ever ran', { lastRuns: [] }, NOW, 0],
  ])('%s', (_name, state, nowMs, ms) => expect(liftedLatchMs(state, nowMs)).toBe(ms));

  test('is not taken for the latch of the next run: the name would go back to the old primary after the promotion', async () => {
    const brokenAtMs = EPOCH_MS + 40_000;
    const blink = [[brokenAtMs, brokenAtMs + 55_000]] as const;
    const change: SettingChange = {
      ...CALM_DEATH,
      scenario: 'writer blinks',
      brokenAtMs,
      siteDown: blink,
      writerDown: blink,
      linkDown: [],
      fences: ['networkAcl'],
      detectionMs: 30_000,
      recoveryMs: 22_000,
      serverLagMs: [0, 0, 0, 0],
      latchMs: 60_000,
      orderedRun: 'failover',
      // Right after the rollback, which itself waits for its latch to be over.
      orderedAtMs: brokenAtMs + 400_000,
    };
    const { ended, broken } = await simulateOne(1, { change });
    expect([ended, broken]).toEqual(['promoted', []]);
  });
});

describe('a fence that goes up after its run was given up', () => {
  const asked = { pair: PAIR, kind: 'failover', startedBy: 'jo', automatic: false, nowMs: NOW, members: MEMBERS } as const;
  const begun = applied<unknown>(armed(), (item) => acquire(item, { ...asked, seenEpoch: 0 }));
  const back = applied<unknown>(begun, (item) => rollBack(item, KEY, ['no'], NOW));
  const gone = applied<unknown>(back, (item) => endRun(item, KEY, ['no'], NOW));
  const next = applied<unknown>(gone, (item) => acquire(item, { ...asked, seenEpoch: 1 }));

  test.each([
    ['stands while the run goes on', begun, false],
    ['comes down while the run is rolled back', back, true],
    ['comes down once the run was given up', gone, true],
    ['is left to the run that came after it', next, false],
  ])('%s', (_name, item, late) => expect(isGivenUp(item, KEY)).toBe(late));

  /** Another runner gives the run up while this one raises its fences, and this one may die of it. */
  const givenUpMeanwhile =
    (dies: boolean): Decorate =>
    (ports, world) => ({
      ...ports,
      fences: {
        ...ports.fences,
        raise: async (fence, epoch) => {
          const answer = await ports.fences.raise(fence, epoch);
          const item = world.store.read(PAIR);
          if (!item?.database?.run) return answer;
          const given = applied<unknown>(
            item,
            (found) => rollBack(found, KEY, ['the writer is back'], world.nowMs()),
            (found) => endRun(found, KEY, ['the writer is back'], world.nowMs()),
          );
          world.store.put({ ...given, revision: item.revision + 1 }, 'step');
          if (dies) throw new Error('it died');
          return answer;
        },
      },
    });

  test.each([
    ['does not keep the living writer out', false],
    ['does not, though the function dies right after it raised it', true],
  ])('%s', async (_name, dies) => {
    const change: SettingChange = {
      ...CALM_DEATH,
      mode: 'safety',
      siteDown: [],
      writerDown: [],
      linkDown: [],
      fences: ['function', 'networkAcl'],
      orderedRun: 'failover',
      orderedAtMs: EPOCH_MS + 40_000,
    };
    const { ended, broken } = await simulateOne(1, { change, decorate: givenUpMeanwhile(dies) });
    expect([ended, broken]).toEqual(['given up', []]);
  });
});

describe('an alert path that fails for a while', () => {
  /** The first tellings of one kind are lost. */
  const deaf = (type: string, times: number): Decorate => {
    let left = times;
    return (ports) => ({
      ...ports,
      announcer: {
        announce: async (topic, event) => {
          if (event.type === type && left > 0) {
            left -= 1;
            throw new Error('ThrottlingException');
          }
          return ports.announcer.announce(topic, event);
        },
      },
    });
  };

  test('does not swallow the only page of a writer that a person must judge', async () => {
    const change: SettingChange = { ...CALM_DEATH, trigger: 'manual' };
    const { timeline } = await simulateOne(1, { change, decorate: deaf('failover-needs-person', 3), record: true });
    expect(timeline.map(({ what }) => what)).toContain('event: trigger app/watch/ask (failover-needs-person, critical)');
  });

  test('does not swallow the question for consent', async () => {
    const change: SettingChange = { ...CALM_DEATH, dataLoss: { kind: 'never' }, consentAfterMs: 60_000 };
    const { ended, broken } = await simulateOne(1, { change, decorate: deaf('failover-needs-consent', 3) });
    expect([ended, broken]).toEqual(['promoted', []]);
  });
});
