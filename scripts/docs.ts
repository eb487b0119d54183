// Fills what the documents take from elsewhere: code blocks that are regions of examples, and numbers. `npm run docs`.
// test/docs fails when a document differs from its sources.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { budgetPage, formulasPage } from './budget-docs';
import { withTables } from './database-docs';
import { numbersPage, readmeWithNumbers } from './numbers';
import { runbookPages } from './runbook-docs';

const root = join(__dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** A code block that names its region in the comment above it. */
const REGION_BLOCK = /(<!-- region: (\S+) (\S+) -->\n```ts\n)([\s\S]*?)```/g;

/** Lines between `// #region name` and `// #endregion`, without their common indent. */
export function regionOf(file: string, name: string): string {
  const lines = read(file).split('\n');
  const from = lines.findIndex((line) => line.trim() === `// #region ${name}`);
  const to = lines.findIndex((line, i) => i > from && line.trim() === '// #endregion');
  if (from < 0 || to < 0) throw new Error(`no region ${name} in ${file}`);
  const body = lines.slice(from + 1, to);
  const indent = Math.min(...body.filter((line) => line.trim()).map((line) => line.length - line.trimStart().length));
  return `${body.map((line) => line.slice(indent)).join('\n')}\n`;
}

export const regionBlocks = (page: string) =>
  [...page.matchAll(REGION_BLOCK)].map(([, , file = '', name = '', code = '']) => ({ file, name, code }));

export const withRegions = (page: string) =>
  page.replace(REGION_BLOCK, (_block, head: string, file: string, name: string) => `${head}${regionOf(file, name)}\`\`\``);

/** Every document that is filled, with its content as it must be. */
export const filled = (): Readonly<Record<string, string>> => ({
  'README.md': readmeWithNumbers(withRegions(read('README.md'))),
  'docs/adopt.md': withRegions(read('docs/adopt.md')),
  'docs/events.md': withRegions(read('docs/events.md')),
  'docs/health-endpoint.md': withRegions(read('docs/health-endpoint.md')),
  'docs/numbers.md': numbersPage(),
  'docs/budget.md': budgetPage(regionOf('test/constructs/budget/recovery-budget.test.ts', 'budget')),
  'docs/formulas.md': formulasPage(),
  'docs/database-failover.md': withTables(read('docs/database-failover.md')),
  'docs/lease.md': withTables(withRegions(read('docs/lease.md'))),
  'docs/simulation.md': withTables(read('docs/simulation.md')),
  ...runbookPages(),
});

if (require.main === module) for (const [file, text] of Object.entries(filled())) writeFileSync(join(root, file), text);
