import { PairMemory } from '../../../lib/runtime/drive/database/memory';

describe('the memory of one prober run', () => {
  test('bounds a row by its own last look that showed another one, and knows nothing of the first', () => {
    const memory = new PairMemory();
    expect(memory.rowWithin('b1', 'row 1', 0, 10)).toBeUndefined();
    expect(memory.rowWithin('b1', 'row 1', 5_000, 5_010)).toBeUndefined();
    expect(memory.rowWithin('b1', 'row 2', 10_000, 10_010)).toBe(5_010);
    expect(memory.rowWithin('b1', 'row 2', 60_000, 60_010)).toBe(55_010);
  });

  test('forgets what it knew when its clock goes backwards', () => {
    const memory = new PairMemory();
    memory.rowWithin('b1', 'row 1', 5_000, 5_010);
    memory.rowWithin('b1', 'row 2', 10_000, 10_010);
    expect(memory.rowWithin('b1', 'row 2', 1_000, 1_010)).toBeUndefined();
    expect(memory.rowWithin('b1', 'row 2', 60_000, 60_010)).toBeUndefined();
  });

  test('takes no least for a gap: it stays unknown until somebody knows, and is judged at the first evidence then', () => {
    const memory = new PairMemory();
    memory.writer(true, 100_000, [{ id: 'b1', unchangedForMs: 0 }]);
    expect([memory.gapsMs, memory.unheardMs]).toEqual([{}, { b1: 0 }]);
    memory.writer(true, 105_000, [
      { id: 'b1', unchangedForMs: 5_000 },
      { id: 'b2', unchangedForMs: 5_000, withinMs: 12_000 },
    ]);
    expect([memory.writerSinceMs, memory.gapsMs, memory.unheardMs]).toEqual([100_000, { b2: 7_000 }, { b1: 0 }]);
    const excess = { agoMs: 1_000, ms: [7_000, 9_000], doubtMs: 1 };
    memory.writer(true, 107_000, [{ id: 'b2', unchangedForMs: 7_000, excess }]);
    memory.writer(true, 109_000, [{ id: 'b2', unchangedForMs: 9_000, excess: { agoMs: 0, ms: [], doubtMs: 1 } }]);
    expect(memory.excess).toEqual({ b2: { agoMs: -6_000, ms: [0, 2_000], doubtMs: 1 } });
    memory.writer(false, 110_000, []);
    expect(memory.excess).toEqual({});
    expect([memory.gapsMs, memory.unheardMs]).toEqual([{}, {}]);
  });
});
