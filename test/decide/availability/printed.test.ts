/** People choose by docs/formulas.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formulasPage } from '../../../scripts/budget-docs';

test('docs/formulas.md is what the formulas and the matrix print', () => {
  expect(formulasPage()).toBe(readFileSync(join(__dirname, '../../../docs/formulas.md'), 'utf8'));
});
