/** Bundles a piece of the command line as it ships; Vega is made of modules that only a bundler turns into one file. */
import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(__dirname, '../..');

/** @param source TypeScript that is run; it imports from the root of the checkout */
export const bundleTo = (outfile: string, source: string) =>
  build({
    stdin: { contents: source, resolveDir: root, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    alias: { 'vega-canvas': join(root, 'node_modules/vega-canvas/build/vega-canvas.browser.js') },
    outfile,
  });
