/** Samples what happens in a lab at even steps of its own time, for plots. Memory is bounded: a full recording gets coarser. */
import type { Time } from '../../../runtime/ports';

/**
 * Where a value is from: `measured` by somebody who only sees what users or the product see, or the lab's own ground
 * `truth`, which nobody outside could know.
 */
export type Origin = 'measured' | 'truth';

export interface Column {
  /** Such as `writes.primary`. */
  readonly key: string;
  readonly what: string;
  readonly unit: string;
  readonly origin: Origin;
}

export type Value = number | string | null;

export interface Recording {
  /** Between two samples, in lab ms. */
  readonly periodMs: number;
  /** When each sample was taken, in Unix ms of the lab's clock. */
  readonly atMs: readonly number[];
  readonly columns: readonly (Column & { readonly values: readonly Value[] })[];
}

export const RECORDER_PERIOD_MS = 250;
/** About 17 min at 250 ms. */
const SAMPLES_MAX = 4_096;

interface Recorded extends Column {
  readonly read: () => Value | undefined;
  values: Value[];
}

export class Recorder {
  private readonly columns: Recorded[] = [];
  private atMs: number[] = [];
  private stepMs = RECORDER_PERIOD_MS;

  /** @param time sleeps that end with the lab end the recording */
  public constructor(
    private readonly time: Time,
    private readonly samplesMax = SAMPLES_MAX,
  ) {}

  /** From the next sample on, `read` is asked too; it must be quick and never throw. Before that the column is empty. */
  public add(column: Column, read: () => Value | undefined): void {
    if (this.columns.some(({ key }) => key === column.key)) throw new Error(`there is a column ${column.key} already`);
    this.columns.push({ ...column, read, values: this.atMs.map(() => null) });
  }

  /** Samples until the lab is closed. */
  public async run(): Promise<void> {
    for (;;) {
      const beganMs = this.time.nowMs();
      this.sample(beganMs);
      await this.time.sleep(Math.max(1, beganMs + this.stepMs - this.time.nowMs()));
    }
  }

  public sample(nowMs: number): void {
    if (this.atMs.length >= this.samplesMax) this.thin();
    this.atMs.push(nowMs);
    for (const column of this.columns) column.values.push(column.read() ?? null);
  }

  /** The newest value of a column; undefined while there is none. */
  public last(key: string): Exclude<Value, null> | undefined {
    return this.columns.find((column) => column.key === key)?.values.at(-1) ?? undefined;
  }

  public get recording(): Recording {
    return {
      periodMs: this.stepMs,
      atMs: [...this.atMs],
      columns: this.columns.map(({ key, what, unit, origin, values }) => ({ key, what, unit, origin, values: [...values] })),
    };
  }

  /** Keeps every second sample. Counts are cumulative, so that none is lost. */
  private thin(): void {
    const even = <T>(values: readonly T[]) => values.filter((_, i) => i % 2 === 0);
    this.atMs = even(this.atMs);
    for (const column of this.columns) column.values = even(column.values);
    this.stepMs *= 2;
  }
}
