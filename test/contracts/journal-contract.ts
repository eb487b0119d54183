import type { JournalItem } from '../../lib/decide/journal';
import type { Journal } from '../../lib/runtime/ports';
import { type Made, using } from './made';

export interface MadeJournal extends Made {
  readonly journal: Journal;
}

const item = (revision: number, change: Partial<JournalItem> = {}): JournalItem => ({
  pair: 'app',
  revision,
  epoch: 0,
  lastDrills: [],
  ...change,
});

export function journalContract(name: string, make: () => MadeJournal | Promise<MadeJournal>): void {
  describe(`${name} keeps the journal contract`, () => {
    test('a pair that nobody wrote has no item', () =>
      using(make, async ({ journal }) => {
        expect(await journal.read('app')).toBeUndefined();
      }));

    test('what was written is read back whole', () =>
      using(make, async ({ journal }) => {
        const written = item(1, {
          incident: { key: 'app/1', sinceMs: 1_795_514_400_123 },
          drill: {
            id: 'app-1',
            level: 'TRAFFIC',
            scenario: 'primary_crash',
            requestedBy: 'Zoë "the" operator',
            startedAtMs: 1,
            deadlineMs: 2,
            undo: { kind: 'healthCheckPath', checkId: 'c', path: '/health?a=1&b=é', marker: '/m' },
            expectedAlarms: [],
            steps: { preflight: { beganAtMs: 1, attempts: 1, result: { deep: [null, 0.5, { empty: '' }] } } },
          },
        });
        expect(await journal.write(written, 0)).toBe('written');
        expect(await journal.read('app')).toEqual(written);
        expect(await journal.read('other')).toBeUndefined();
      }));

    test('fails to create an item a second time', () =>
      using(make, async ({ journal }) => {
        await journal.write(item(1), 0);
        expect(await journal.write(item(1, { epoch: 9 }), 0)).toBe('lost');
        expect((await journal.read('app'))?.epoch).toBe(0);
      }));

    test('the first of two writers on one revision wins, the other loses and changes nothing', () =>
      using(make, async ({ journal }) => {
        await journal.write(item(1), 0);
        const answers = await Promise.all([journal.write(item(2, { epoch: 1 }), 1), journal.write(item(2, { epoch: 2 }), 1)]);
        expect([...answers].sort()).toEqual(['lost', 'written']);
        expect((await journal.read('app'))?.epoch).toBe(answers[0] === 'written' ? 1 : 2);
      }));

    test('fails to write over a revision that it did not read', () =>
      using(make, async ({ journal }) => {
        expect(await journal.write(item(6), 5)).toBe('lost');
        expect(await journal.read('app')).toBeUndefined();
      }));

    test('a key is claimed once, and other keys are free', () =>
      using(make, async ({ journal }) => {
        const answers = await Promise.all([journal.once('a'), journal.once('a')]);
        expect([...answers].sort()).toEqual([false, true]);
        expect(await journal.once('a')).toBe(false);
        expect(await journal.once('b')).toBe(true);
      }));
  });
}
