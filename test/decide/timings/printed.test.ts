/** People read these numbers in docs/numbers.md, with their sources. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { numbersPage } from '../../../scripts/numbers';

test('docs/numbers.md is what the facts, the spans and the detection times print', () => {
  expect(numbersPage()).toBe(readFileSync(join(__dirname, '../../../docs/numbers.md'), 'utf8'));
});
