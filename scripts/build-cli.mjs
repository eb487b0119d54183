// Bundles the command line: bin/failover.ts -> dist-cli/failover.js, and what the lab starts in child processes.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { licensesOf } from './licenses.mjs';

const root = join(import.meta.dirname, '..');
rmSync(join(root, 'dist-cli'), { recursive: true, force: true });
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  charset: 'utf8',
  logLevel: 'warning',
};
const { metafile } = await build({
  ...common,
  entryPoints: ['bin/failover.ts'],
  metafile: true,
  outfile: 'dist-cli/failover.js',
  banner: { js: '#!/usr/bin/env node' },
  // Charts are drawn as SVG: the build of Vega's canvas that looks for a native module is not needed.
  alias: { 'vega-canvas': join(root, 'node_modules/vega-canvas/build/vega-canvas.browser.js') },
});
writeFileSync(join(root, 'dist-cli/THIRD-PARTY-LICENSES.txt'), licensesOf(root, metafile));
await build({ ...common, entryPoints: ['lib/lab/scaled-clock.ts', 'lib/lab/lambda-runner.ts'], outdir: 'dist-cli/lab' });
