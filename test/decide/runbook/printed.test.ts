/** People follow docs/runbooks, word for word. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runbookPages } from '../../../scripts/runbook-docs';

test.each(Object.entries(runbookPages()))('%s is what the runbook prints', (file, text) => {
  expect(text).toBe(readFileSync(join(__dirname, '../../..', file), 'utf8'));
});
