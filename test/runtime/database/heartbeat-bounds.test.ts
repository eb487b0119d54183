import type { DatabaseMember } from '../../../lib/contracts/database';
import { HeartbeatReader } from '../../../lib/runtime/drive/heartbeat';
import type { SqlDatabases } from '../../../lib/runtime/ports/heartbeat';

const member: DatabaseMember = { id: 'b', endpoint: 'b', port: 5432, region: 'eu-central-1', engine: 'postgres', priority: 0 };

describe('how long ago the newest heartbeat row arrived', () => {
  test('is bounded from below by the look that saw it first, and from above by the look that did not', async () => {
    let [nowMs, row] = [0, 1];
    const sql = { row: async () => ({ kind: 'row' as const, atMs: row, epoch: 0 }), answers: async () => true };
    const reader = new HeartbeatReader(sql, { elapsedMs: () => nowMs });
    const at = async (ms: number, seen: number) => {
      [nowMs, row] = [ms, seen];
      return reader.read({ pair: 'shop', member, writer: member });
    };
    expect((await at(0, 1)).kind).toBe('unknown');
    // Still the first row this reader ever saw: it may have been there for any time.
    expect(await at(5_000, 1)).toEqual(expect.objectContaining({ unchangedForMs: 5_000 }));
    expect(await at(5_000, 1)).not.toHaveProperty('arrivedWithinMs');
    // Arrived somewhere between the looks at 5 s and 10 s: rows of almost 5 s may be missing although it is new.
    expect(await at(10_000, 2)).toMatchObject({ unchangedForMs: 0, arrivedWithinMs: 5_000 });
    expect(await at(15_000, 2)).toMatchObject({ unchangedForMs: 5_000, arrivedWithinMs: 10_000 });
  });
});

describe('what looks add to a lag', () => {
  /** A look every 5 s, at rows of every 10 s and commits of every moment, until the writer is silent. */
  function reader() {
    const at = { ms: 0, epoch: 0, answers: true, replays: true };
    const sql: SqlDatabases = {
      row: async () => {
        const replayed = at.replays ? { replayedAtMs: 7_000_000 + at.ms } : {};
        return { kind: 'row', atMs: 7_000_000 + Math.floor(at.ms / 10_000) * 10_000, epoch: at.epoch, ...replayed };
      },
      answers: async () => at.answers,
    };
    const made = new HeartbeatReader(sql, { elapsedMs: () => at.ms });
    const look = async (afterMs = 5_000) => {
      at.ms += afterMs;
      const reading = await made.read({ pair: 'shop', member, writer: member });
      return reading.kind === 'heartbeat' ? reading.excess : undefined;
    };
    const looks = async (count: number) => {
      for (let n = 0; n < count; n += 1) await look();
    };
    return { at, look, looks };
  }

  test('is said once the writer does not answer, of five minutes at most', async () => {
    const { at, look, looks } = reader();
    await looks(100);
    expect(await look()).toBeUndefined();
    at.answers = false;
    expect(await look()).toEqual({ agoMs: 0, ms: new Array(30).fill(5_000), doubtMs: 5_000 });
  });

  test.each<[string, (it: ReturnType<typeof reader>) => unknown]>([
    ['after a pause of more than 15 s', ({ look }) => look(15_001)],
    ['of another epoch', ({ at }) => Object.assign(at, { epoch: 1 })],
    ['of a replica that does not say what it replayed', ({ at }) => Object.assign(at, { replays: false })],
  ])('is not known %s', async (_name, happens) => {
    const it = reader();
    await it.looks(60);
    it.at.answers = false;
    expect(await it.look(15_000)).toBeDefined();
    await happens(it);
    expect(await it.look()).toBeUndefined();
  });
});
