// Loading the package, against loading just the modules of aws-cdk-lib and constructs that it asks for.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtDist, fresh, inTurn, root, row } from './common.mjs';

const ROUNDS = 7;

const timed = (names) =>
  fresh(
    `const t = performance.now(); ${names.map((n) => `require(${JSON.stringify(n)});`).join('')} console.log(performance.now() - t)`,
  );

/** In the order in which the compiled package first asks for them, found by watching `require`. */
function modulesUsed() {
  return fresh(`
    const Module = require('node:module'); const seen = []; const load = Module._load;
    Module._load = function (name, parent, ...rest) {
      if (/^(aws-cdk-lib|constructs)/.test(name) && parent.filename.startsWith(${JSON.stringify(join(root, 'dist'))}) && !seen.includes(name)) seen.push(name);
      return load.call(this, name, parent, ...rest);
    };
    require('./dist/index.js'); console.log(JSON.stringify(seen))`);
}

export async function run() {
  builtDist();
  const modules = modulesUsed();
  const ms = inTurn({ ours: () => timed(['./dist/index.js']), theirs: () => timed(modules) }, ROUNDS);
  const files = readdirSync(join(root, 'dist'), { recursive: true }).filter((f) => f.endsWith('.js'));
  const bytes = files.reduce((sum, file) => sum + readFileSync(join(root, 'dist', file)).length, 0);
  return [
    row('import of the package / of the aws-cdk-lib modules it uses', ms.ours / ms.theirs, {
      aim: 1.1,
      note: `${ms.ours.toFixed(0)} ms of ${ms.theirs.toFixed(0)} ms; ${modules.length} modules; ${files.length} files, ${Math.round(bytes / 1024)} KiB of our own`,
    }),
  ];
}
