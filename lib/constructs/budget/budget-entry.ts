import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Annotations, attachCustomSynthesis, Stage } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import {
  BUDGET_FILE,
  BUDGET_SCHEMA,
  type BudgetFile,
  type DatabaseFacts,
  DEFAULT_TARGETS,
  type Demand,
  idleWaiversOf,
  type PairBudget,
  type PairFacts,
  pairBudget,
  type Waiver,
  warningText,
} from '../../decide/budget';
import { warn } from '../internal/problems';

/** Entries of one cloud assembly: a stage has its own. */
const ledger = new WeakMap<IConstruct, BudgetEntry[]>();

/**
 * The budget of one pair. Every pair has one; `RecoveryBudget` changes what is asked of it.
 *
 * Judged at synth, once the tree is complete: as a validation, so that the verdict stands in the stack's metadata, and as a
 * custom synthesis, which also runs when validation is skipped and knows the folder of the assembly.
 */
export class BudgetEntry {
  private demand: Demand = { targets: DEFAULT_TARGETS, waivers: [] };
  private demanded = false;
  private judged?: PairBudget;

  constructor(
    private readonly pair: Construct,
    private facts: PairFacts,
  ) {
    const assembly = Stage.of(pair) ?? pair.node.root;
    const entries = ledger.get(assembly) ?? [];
    ledger.set(assembly, [...entries, this]);
    pair.node.addValidation({ validate: () => this.announce() });
    attachCustomSynthesis(pair, { onSynthesize: ({ outdir }) => this.write(assembly, outdir) });
  }

  public get pairFacts(): PairFacts {
    return this.facts;
  }

  /** True when somebody has said what is accepted. */
  public get asked(): boolean {
    return this.demanded;
  }

  /** False when somebody has asked before: two budgets would contradict each other. */
  public ask(demand: Demand): boolean {
    if (this.demanded) return false;
    this.demand = demand;
    this.demanded = true;
    return true;
  }

  /** Adds the way of the writer to the pair's budget. */
  public useDatabase(database: DatabaseFacts): void {
    this.facts = { ...this.facts, database };
  }

  private get budget(): PairBudget {
    this.judged ??= pairBudget(this.pair.node.path, this.facts, this.demand);
    return this.judged;
  }

  /** Annotates the pair; adds no validation error of its own, so that all findings of an app are shown at once. */
  private announce(): string[] {
    if (this.judged) return [];
    const { findings } = this.budget;
    if (findings.some((finding) => finding.severity === 'impossible')) {
      Annotations.of(this.pair).addError(`${warningText(this.budget, 'impossible')} [id: cdk-failover:BudgetImpossible]`);
    }
    if (findings.some((finding) => finding.severity === 'at-risk')) {
      warn(this.pair, 'BudgetAtRisk', warningText(this.budget, 'at-risk'));
    }
    for (const waiver of idleWaiversOf(this.facts, this.demand)) warn(this.pair, 'IdleWaiver', idleText(waiver));
    return [];
  }

  /** The first pair of an assembly writes for all. */
  private write(assembly: IConstruct, outdir: string): void {
    this.announce();
    const entries = ledger.get(assembly) ?? [];
    if (entries[0] !== this) return;
    const file: BudgetFile = { schema: BUDGET_SCHEMA, pairs: entries.map((entry) => entry.budget) };
    writeFileSync(join(outdir, BUDGET_FILE), `${JSON.stringify(file, undefined, 1)}\n`);
  }
}

const idleText = ({ target, mode, reason }: Waiver): string =>
  `the waiver "${reason}" gives up ${target ?? 'every target'} in ${mode ?? 'every mode'}, where nothing is missed; remove it`;
