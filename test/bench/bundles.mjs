// Each Lambda bundle as it ships, against the same handler with esbuild's defaults: size, and time to load it cold.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { handlerNames, lambdaOptions } from '../../scripts/build-assets.mjs';
import { fresh, inTurn, root, row } from './common.mjs';

const ROUNDS = 7;

/** Every variable that a handler reads at its start, with a value of the right shape. */
function environment() {
  const source = readFileSync(join(root, 'lib/contracts/environment.ts'), 'utf8');
  const names = [...source.matchAll(/: '([A-Z_]+)'/g)].map(([, name]) => name);
  const plausible = (name) => {
    if (name.endsWith('_SEVERITY')) return 'critical';
    return name.endsWith('_URL') ? 'https://localhost/x' : 'x';
  };
  return { ...Object.fromEntries(names.map((name) => [name, plausible(name)])), AWS_REGION: 'us-east-1' };
}

const loadMs = (file, env) =>
  fresh(
    `const t = performance.now(); require(${JSON.stringify(file)}); console.log(performance.now() - t); process.exit(0)`,
    env,
  );

export async function run() {
  const folder = mkdtempSync(join(tmpdir(), 'bundles-'));
  try {
    const env = environment();
    const rows = [];
    for (const name of handlerNames) {
      const ours = lambdaOptions(name, join(folder, 'ours'));
      const plain = { ...ours, outfile: join(folder, 'defaults', name, 'index.js') };
      // platform is not a choice: without it a Node handler cannot be bundled at all.
      const { absWorkingDir, entryPoints, outfile, bundle, platform, logLevel } = plain;
      await build(ours);
      await build({ absWorkingDir, entryPoints, outfile, bundle, platform, logLevel });
      const size = { ours: statSync(ours.outfile).size, defaults: statSync(outfile).size };
      const load = inTurn({ ours: () => loadMs(ours.outfile, env), defaults: () => loadMs(outfile, env) }, ROUNDS);
      rows.push(
        row(`bundle ${name}: size / esbuild's defaults`, size.ours / size.defaults, {
          aim: 0.5,
          note: `${Math.round(size.ours / 1024)} KiB of ${Math.round(size.defaults / 1024)} KiB`,
        }),
        row(`bundle ${name}: cold import / esbuild's defaults`, load.ours / load.defaults, {
          aim: 0.6,
          note: `${load.ours.toFixed(0)} ms of ${load.defaults.toFixed(0)} ms, Node ${process.versions.node}`,
        }),
      );
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
