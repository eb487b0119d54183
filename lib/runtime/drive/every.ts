import type { Time } from '../ports';

/** Acts again and again, a period apart from start to start, while `open` says so. A clock that jumps costs one period. */
export async function every(time: Time, periodMs: number, open: () => boolean, act: () => Promise<void>): Promise<void> {
  while (open()) {
    const beganMs = time.nowMs();
    await act();
    if (!open()) return;
    const tookMs = Math.min(Math.max(time.nowMs() - beganMs, 0), periodMs);
    await time.sleep(Math.max(periodMs - tookMs, 1));
  }
}
