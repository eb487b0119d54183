import { Recorder } from '../../../lib/lab/run/report/recorder';

const TRUTH = { what: 'a count', unit: 'since the start', origin: 'truth' } as const;

const recorderOf = (samplesMax: number) => new Recorder({ nowMs: () => 0, sleep: () => Promise.resolve() }, samplesMax);

test('a column that is added late is empty before, and what is not known is no value', () => {
  const recorder = recorderOf(100);
  recorder.add({ ...TRUTH, key: 'a' }, () => 1);
  recorder.sample(0);
  recorder.add({ ...TRUTH, key: 'b' }, () => undefined);
  recorder.add({ ...TRUTH, key: 'c' }, () => 'primary');
  recorder.sample(250);
  expect(recorder.recording.columns.map(({ key, values }) => [key, values])).toEqual([
    ['a', [1, 1]],
    ['b', [null, null]],
    ['c', [null, 'primary']],
  ]);
});

test('a full recording gets coarser instead of longer, and loses no count', () => {
  const recorder = recorderOf(8);
  let count = 0;
  recorder.add({ ...TRUTH, key: 'count' }, () => count);
  for (let atMs = 0; atMs < 250 * 30; atMs += recorder.recording.periodMs) {
    count = atMs;
    recorder.sample(atMs);
    expect(recorder.recording.atMs.length).toBeLessThanOrEqual(8);
  }
  const { atMs, columns, periodMs } = recorder.recording;
  expect(periodMs).toBe(1_000);
  expect(atMs.at(-1)).toBeGreaterThan(250 * 28 - 1_000);
  expect(columns[0]?.values).toEqual(atMs);
});

test('one key names one column', () => {
  const recorder = recorderOf(8);
  recorder.add({ ...TRUTH, key: 'a' }, () => 1);
  expect(() => recorder.add({ ...TRUTH, key: 'a' }, () => 2)).toThrow('there is a column a already');
});
