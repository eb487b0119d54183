// Benchmarks of the lab run what ships: the bundle that esbuild makes, not a loader's translation of each file.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './common.mjs';

/** @returns the loaded module, its file for child processes, and `remove` for the end */
export async function bundled(entry) {
  const folder = mkdtempSync(join(tmpdir(), 'failover-bench-'));
  const file = join(folder, 'bundle.cjs');
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    minify: true,
    logLevel: 'warning',
  });
  return { module: createRequire(import.meta.url)(file), file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
