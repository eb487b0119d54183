import type { DatabaseMember } from '../../../lib/contracts/database';
import { HeartbeatReader } from '../../../lib/runtime/drive/heartbeat';

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
