// The benchmarks: `npm run bench`, or `npm run bench -- bundles import`. One run, ratios of medians, A and B in turn.
// A piece is test/bench/<name>.mjs with `run()`, which gives rows { what, value, unit, aim, atLeast, note }.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { root } from '../test/bench/common.mjs';

const PIECES = ['bundles', 'import', 'synth', 'scale', 'database', 'budget', 'dns', 'detection', 'lab', 'prober', 'drill'];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !PIECES.includes(name));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are ${PIECES.join(', ')}`);
  process.exit(2);
}

if (!existsSync(join(root, 'assets'))) {
  const assets = spawnSync(process.execPath, ['scripts/build-assets.mjs'], { cwd: root, stdio: 'inherit' });
  if (assets.status !== 0) process.exit(1);
}

const digits = (value) =>
  Number.isInteger(value) || Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(2);

function line({ what, value, unit, aim, atLeast, note }) {
  const limit = aim === undefined ? (atLeast === undefined ? undefined : `>= ${digits(atLeast)}`) : `<= ${digits(aim)}`;
  const met = aim === undefined ? value >= (atLeast ?? value) : value <= aim;
  const verdict = limit === undefined ? '      ' : met ? 'met   ' : 'MISSED';
  return `${verdict} ${digits(value)}${unit ? ` ${unit}` : ''} ${limit ? `(${limit}) ` : ''}${what}${note ? ` - ${note}` : ''}`;
}

console.log(`measured on this machine: ${cpus().length} cores, Node ${process.versions.node}, ${process.platform}`);
let missed = 0;
for (const name of asked.length > 0 ? asked : PIECES) {
  const file = join(root, 'test/bench', `${name}.mjs`);
  if (!existsSync(file)) continue;
  const startedMs = Date.now();
  const { run } = await import(file);
  const rows = await run();
  console.log(`\n${name} (${((Date.now() - startedMs) / 1000).toFixed(0)} s)`);
  for (const r of rows) {
    const text = line(r);
    if (text.startsWith('MISSED')) missed++;
    console.log(text);
  }
}
console.log(missed === 0 ? '\nall aims met' : `\n${missed} aims missed`);
