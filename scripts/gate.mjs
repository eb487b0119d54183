// The whole gate behind `npm test`: bundles, jsii, README and examples, types, lint, import rules, every test.
// Independent steps share the two cores; the last line is `N passed, N failed`.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = (name) => join(root, 'node_modules/.bin', name);

function run(title, command, args, { quiet = true, env = {} } = {}) {
  return new Promise((resolve) => {
    const startedMs = Date.now();
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    });
    const output = [];
    child.stdout?.on('data', (chunk) => output.push(chunk));
    child.stderr?.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => output.push(Buffer.from(`${error.message}\n`)));
    child.on('close', (code) => {
      const sec = ((Date.now() - startedMs) / 1000).toFixed(1);
      // What speaks for itself has the last word: the summary of the tests is the last line of the gate.
      if (quiet) process.stdout.write(`${code === 0 ? 'ok  ' : 'FAIL'} ${title} (${sec} s)\n`);
      if (code !== 0) process.stdout.write(Buffer.concat(output));
      resolve(code === 0);
    });
  });
}

/** Runs steps one after the other until one fails. */
async function chain(...steps) {
  for (const step of steps) if (!(await step())) return false;
  return true;
}

const node = process.execPath;
const jsiiEnv = { JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20' };
const built =
  (await run('bundles: Lambda handlers', node, ['scripts/build-assets.mjs'])) &&
  (await run('bundles: command line', node, ['scripts/build-cli.mjs']));
const checks =
  built &&
  (
    await Promise.all([
      chain(
        () => run('jsii, no warnings', bin('jsii'), ['--fail-on-warnings'], { env: jsiiEnv }),
        () => run('README compiles (rosetta, strict)', bin('jsii-rosetta'), ['extract', '--strict'], { env: jsiiEnv }),
      ),
      chain(
        () => run('types', node, ['node_modules/typescript7/bin/tsc', '-p', 'tsconfig.dev.json']),
        () => run('lint', bin('biome'), ['check', '.']),
        () => run('import rules', bin('depcruise'), ['lib', 'bin', 'test', 'examples', '--config', '.dependency-cruiser.cjs']),
      ),
    ])
  ).every(Boolean);

if (!checks) {
  process.stdout.write('0 passed, 1 failed\n');
  process.exit(1);
}
const tested = await run('tests', bin('jest'), process.argv.slice(2), { quiet: false });
process.exitCode = tested ? 0 : 1;
