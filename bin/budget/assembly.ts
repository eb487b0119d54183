/** What the budget needs of a cloud assembly: the budget of its pairs, and its templates. */
import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BUDGET_FILE, BUDGET_SCHEMA, type BudgetFile, type PairBudget } from '../../lib/decide/budget';
import type { Template } from '../../lib/decide/cost';

/** The folder is no cloud assembly that can be read; the message says what to do. */
export class UnreadableAssembly extends Error {}

export interface Assembly {
  readonly pairs: readonly PairBudget[];
  readonly templates: readonly Template[];
}

/** Stages of CDK write assemblies inside the assembly; deeper than this nobody nests. */
const DEPTH = 8;

export function readAssembly(folder: string): Assembly {
  const pairs: PairBudget[] = [];
  const templates: Template[] = [];
  let budgets = 0;
  for (const dir of foldersOf(folder, DEPTH)) {
    for (const entry of entriesOf(dir, folder)) {
      const file = join(dir, entry.name);
      if (entry.name === BUDGET_FILE) {
        pairs.push(...readBudget(file).pairs);
        budgets++;
      } else if (entry.name.endsWith('.template.json')) templates.push(readTemplate(file));
    }
  }
  if (budgets === 0) {
    throw new UnreadableAssembly(`${folder} has no ${BUDGET_FILE}; run "cdk synth" of an app with a FailoverPair first`);
  }
  return { pairs, templates };
}

/** Only the templates of a folder, whether or not it has budgets. */
export const readTemplates = (folder: string): readonly Template[] =>
  foldersOf(folder, DEPTH).flatMap((dir) =>
    entriesOf(dir, folder)
      .filter(({ name }) => name.endsWith('.template.json'))
      .map(({ name }) => readTemplate(join(dir, name))),
  );

function foldersOf(folder: string, depth: number): readonly string[] {
  const nested = entriesOf(folder, folder).filter((entry) => entry.isDirectory() && entry.name.startsWith('assembly-'));
  return depth === 0 ? [folder] : [folder, ...nested.flatMap((entry) => foldersOf(join(folder, entry.name), depth - 1))];
}

function entriesOf(dir: string, folder: string): readonly Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    throw new UnreadableAssembly(`${folder} cannot be read; give the folder that "cdk synth" wrote, such as cdk.out`);
  }
}

function readBudget(file: string): BudgetFile {
  const budget = readJson(file) as Partial<BudgetFile> | null;
  if (budget?.schema !== BUDGET_SCHEMA || !Array.isArray(budget.pairs)) {
    throw new UnreadableAssembly(
      `${file} has schema ${JSON.stringify(budget?.schema) ?? 'none'}, this version reads "${BUDGET_SCHEMA}"; ` +
        'synthesize again with the cdk-failover whose command line this is',
    );
  }
  return budget as BudgetFile;
}

function readTemplate(file: string): Template {
  const { Resources } = readJson(file) as { Resources?: Template['resources'] };
  return { stack: basename(file).replace(/(\.nested)?\.template\.json$/, ''), resources: Resources ?? {} };
}

function readJson(file: string): unknown {
  const text = readFileSync(file, 'utf8');
  try {
    return JSON.parse(text);
  } catch {
    throw new UnreadableAssembly(`${file} is not complete JSON (${text.length} characters); synthesize again`);
  }
}
