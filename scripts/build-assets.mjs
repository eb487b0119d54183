// Bundles every Lambda entry point: lib/runtime/handlers/<name>.ts -> assets/<name>/index.js.
// The output is the same in every checkout folder, so that asset hashes are stable.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { licensesOf } from './licenses.mjs';

const root = join(import.meta.dirname, '..');
const handlers = join(root, 'lib/runtime/handlers');
const names = readdirSync(handlers)
  .filter((f) => f.endsWith('.ts') && !f.startsWith('_'))
  .map((f) => f.slice(0, -3));

/** SDK packages carry their whole package.json into the bundle for the user agent; name and version are all it reads. */
const slimPackageJson = {
  name: 'slim-package-json',
  setup(b) {
    b.onLoad({ filter: /[\\/]node_modules[\\/].*[\\/]package\.json$/ }, (a) => {
      const { name, version } = JSON.parse(readFileSync(a.path, 'utf8'));
      return { contents: JSON.stringify({ name, version }), loader: 'json' };
    });
  },
};

export const lambdaOptions = (name, outdir) => ({
  absWorkingDir: root,
  entryPoints: [`lib/runtime/handlers/${name}.ts`],
  outfile: join(outdir, name, 'index.js'),
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  charset: 'utf8',
  logLevel: 'warning',
  // Lambda's credentials come from the environment; the other providers are a third of the SDK.
  alias: { '@aws-sdk/credential-provider-node': './lib/runtime/adapters/credentials-env.ts' },
  plugins: [slimPackageJson],
});

export const handlerNames = names;

if (process.argv[1] === import.meta.filename) {
  const outdir = join(root, 'assets');
  mkdirSync(outdir, { recursive: true });
  const built = await Promise.all(names.map((name) => build({ ...lambdaOptions(name, outdir), metafile: true })));
  // Afterwards, so that a synth beside this build always finds its bundles.
  for (const folder of readdirSync(outdir))
    if (!names.includes(folder)) rmSync(join(outdir, folder), { recursive: true, force: true });
  // Beside the bundles, not in them: a text does not change the hash of an asset.
  const inputs = Object.assign({}, ...built.map(({ metafile }) => metafile.inputs));
  writeFileSync(join(outdir, 'THIRD-PARTY-LICENSES.txt'), licensesOf(root, { inputs }));
}
