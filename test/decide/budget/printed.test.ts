/** People read a budget in docs/budget.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { budgetPage } from '../../../scripts/budget-docs';

const read = (file: string) => readFileSync(join(__dirname, '../../..', file), 'utf8');

test('docs/budget.md is what the budget prints', () => {
  const page = read('docs/budget.md');
  const code = /```ts\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  expect(budgetPage(code)).toBe(page);
});
