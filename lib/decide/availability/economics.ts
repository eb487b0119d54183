/** Money in one currency. */
export interface EconomicsFacts {
  /** Once. */
  readonly implementation: number;
  /** Each month: the standby's true cost, data transfer, work. */
  readonly ongoingPerMonth: number;
  readonly outagesPerMonth: number;
  readonly repairMin: number;
  readonly rtoMin: number;
  readonly outageCostPerMin: number;
}

export interface Economics {
  readonly benefitPerMonth: number;
  /** Return of the first year, in percent of what it costs. */
  readonly firstYearRoiPercent: number;
  /** Months until the implementation is earned back. */
  readonly payback: { readonly kind: 'months'; readonly months: number } | { readonly kind: 'never'; readonly because: string };
}

export function economics(facts: EconomicsFacts): Economics {
  const saved = Math.max(0, facts.repairMin - facts.rtoMin);
  const benefitPerMonth = facts.outagesPerMonth * saved * facts.outageCostPerMin;
  const yearCost = facts.implementation + 12 * facts.ongoingPerMonth;
  const gain = benefitPerMonth - facts.ongoingPerMonth;
  return {
    benefitPerMonth,
    firstYearRoiPercent: yearCost === 0 ? 0 : ((12 * benefitPerMonth - yearCost) / yearCost) * 100,
    payback:
      gain > 0
        ? { kind: 'months', months: facts.implementation / gain }
        : { kind: 'never', because: `it costs ${facts.ongoingPerMonth} a month and saves ${benefitPerMonth}` },
  };
}

/** The formula that is usually printed: a year of running costs to be earned back, by a gain that may be a loss. Only to compare. */
export function publishedPaybackMonths(facts: EconomicsFacts): number {
  const { benefitPerMonth } = economics(facts);
  return (facts.implementation + 12 * facts.ongoingPerMonth) / (benefitPerMonth - facts.ongoingPerMonth);
}
