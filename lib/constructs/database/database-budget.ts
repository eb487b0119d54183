import type { DatabaseRegistration } from '../../contracts/database';
import type { DatabaseKind as BudgetKind } from '../../decide/budget';
import { targetsOf } from '../budget/recovery-budget';
import type { Problems } from '../internal/problems';
import type { BoundDatabase } from './database';
import type { DatabaseFailoverProps } from './database-failover';

/** Tells the pair's budget about the database, and takes the targets that stand beside it. */
export function askBudget(
  { pair, targets }: DatabaseFailoverProps,
  database: BoundDatabase,
  { dataLoss }: Pick<DatabaseRegistration, 'dataLoss'>,
  problems: Problems,
): void {
  if (targets) {
    problems.addIf(
      !pair._budget.ask({ targets: targetsOf(targets, problems), waivers: [] }),
      'SecondBudget',
      `targets is set, but pair ${pair.pairName} has a RecoveryBudget already; two would contradict each other; set the targets there`,
    );
  }
  problems.addIf(
    pair._budget.pairFacts.database !== undefined,
    'SecondDatabase',
    `pair ${pair.pairName} has a database already; traffic can follow only one; bind the other to a pair of its own`,
  );
  pair._budget.useDatabase({
    kind: budgetKind(database),
    lagThresholdSec: 30,
    lagPeriodSec: 60,
    ...(dataLoss.kind === 'upTo' ? { consentSec: dataLoss.ms / 1000 } : dataLoss.kind === 'never' ? { consentSec: 0 } : {}),
  });
}

/** The way of the writer, as the budget knows it. */
function budgetKind({ kind }: BoundDatabase): BudgetKind {
  switch (kind) {
    case 'multiAzInstance':
      return 'multi-az-instance';
    case 'multiAzCluster':
      return 'multi-az-cluster';
    case 'auroraCluster':
      return 'aurora-replica';
    case 'auroraGlobal':
      return 'aurora-global';
    case 'readReplicas':
    case 'custom':
      return 'replica-promotion';
  }
}
