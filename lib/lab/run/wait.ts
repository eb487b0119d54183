import type { Lab } from './lab';
import type { Story } from './story';

const LOOK_MS = 200;

/** Waits in lab time until something is so. @returns false when it was not so within the limit */
export async function until(lab: Lab, limitSec: number, so: () => boolean): Promise<boolean> {
  const endMs = lab.time.nowMs() + 1_000 * limitSec;
  while (!so()) {
    if (lab.time.nowMs() >= endMs) return false;
    await lab.time.sleep(LOOK_MS);
  }
  return true;
}

/** A round of every checker: before it a check is healthy only because it is new. */
export function warm(lab: Lab, story: Story): Promise<boolean> {
  story.tell('route 53', 'every checker makes its first round');
  return until(lab, 60, () =>
    Object.values(lab.pair.checks).every(
      (id) => lab.world.healthChecks.status(id)?.length === lab.world.healthChecks.healthyCheckers(id)?.of,
    ),
  );
}
