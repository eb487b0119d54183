import { latchMetrics } from '../../decide/latch';
import type { Metrics } from '../ports';
import type { LatchPanel } from '../ports/database';
import { unknownBecause } from './clients';

/** The latch as datapoints of this Region, which the alarms of the latch watch. A repeated one changes nothing. */
export class CloudWatchLatchPanel implements LatchPanel {
  public constructor(private readonly metrics: Metrics) {}

  public async publish(...[registration, latch, writers]: Parameters<LatchPanel['publish']>): ReturnType<LatchPanel['publish']> {
    try {
      await this.metrics.publish(latchMetrics(registration, latch, writers));
      return 'published';
    } catch (error) {
      return unknownBecause(error);
    }
  }
}
