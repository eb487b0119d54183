import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const decide = join(__dirname, '../../lib/decide');
const files = readdirSync(decide, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

/** What a decision must be given, not take: time, chance, environment. `new Date(ms)` of a given time is fine. */
const IMPURE =
  /\bDate\.(now|parse|UTC)\b|\bnew Date\(\s*\)|\bMath\.random\b|\bprocess\.|\bset(Timeout|Interval|Immediate)\b|\bperformance\.|\bcrypto\b/;

test.each(files)('decide/%s takes no clock, no dice and no environment', (file) => {
  const code = readFileSync(join(decide, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  expect(code.match(IMPURE)?.[0]).toBeUndefined();
});

test('there is something to search', () => {
  expect(files.length).toBeGreaterThan(5);
});
