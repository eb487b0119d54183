import type { DatabaseRegistration } from '../../../contracts/database';
import { latchMetrics } from '../../../decide/latch';
import type { Metrics, Unknown } from '../../ports';
import type { LatchPanel } from '../../ports/database';
import { unknownBecause } from '../clients';

/** The latch as metrics in the standby Region, which Route 53's alarm-backed checks follow. */
export class MetricLatchPanel implements LatchPanel {
  public constructor(private readonly metrics: Pick<Metrics, 'publish'>) {}

  public async publish(
    registration: Pick<DatabaseRegistration, 'pair' | 'namespace' | 'latch'>,
    latch: { readonly on: boolean; readonly hold: boolean; readonly generation?: number },
    writers: Readonly<Record<string, boolean>>,
  ): Promise<'published' | Unknown> {
    try {
      await this.metrics.publish(latchMetrics(registration, latch, writers));
      return 'published';
    } catch (error) {
      return unknownBecause(error);
    }
  }
}
