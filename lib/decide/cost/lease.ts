import { RENEW_MS } from '../database/lease';
import { TICK_MS } from '../database/witnesses';
import { numberOf } from '../timings';
import { RENEWER_RUN_SEC } from './cost';

/** One line of what a lease costs a month. */
export interface LeaseCostLine {
  readonly what: string;
  readonly usdPerMonth: number;
}

const MONTH_MS = 730 * 3_600_000;
/** Two replicas; whether a write to the witness is billed is not said, so it is counted as one. */
const COPIES = 3;
/** A newer run of prober or renewer begins before the older one ends. */
const OVERLAP = 1.6;
const RENEWER_GB = 0.25;

/** What a multi-Region lease and one renewer cost, at list prices of us-east-1 and without free tiers. */
export function leaseCost(): readonly LeaseCostLine[] {
  const usd = (id: 'price.dynamodb.write' | 'price.dynamodb.read' | 'price.lambda.gb-s') => numberOf(id, 'USD');
  const renewals = MONTH_MS / RENEW_MS;
  const looks = (MONTH_MS / TICK_MS) * OVERLAP;
  const monthly = (id: 'price.alarm' | 'price.metric' | 'price.key' | 'price.secret', count: number) =>
    count * numberOf(id, 'USD/month');
  const lines = [
    {
      what: `the renewer, ${RENEWER_GB * 1024} MB, ${RENEWER_RUN_SEC} s each minute`,
      usdPerMonth: (MONTH_MS / 60_000) * RENEWER_RUN_SEC * RENEWER_GB * usd('price.lambda.gb-s'),
    },
    {
      what: `${Math.round(renewals)} renewals, each written ${COPIES} times`,
      usdPerMonth: renewals * COPIES * usd('price.dynamodb.write'),
    },
    { what: `${Math.round(looks)} looks of the prober`, usdPerMonth: looks * usd('price.dynamodb.read') },
    {
      what: 'a key for its logs, its secret, an alarm and two metrics',
      usdPerMonth: monthly('price.key', 1) + monthly('price.secret', 1) + monthly('price.alarm', 1) + monthly('price.metric', 2),
    },
  ];
  return lines.map(({ what, usdPerMonth }) => ({ what, usdPerMonth: Math.round(usdPerMonth * 100) / 100 }));
}
