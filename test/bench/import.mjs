// Loading the package. aws-cdk-lib loads its classes when they are first used, so the bare `require` of its modules loads next to
// nothing. What a user waits for is the package and every file of aws-cdk-lib that a stack with it needs; that is compared here.
import { join } from 'node:path';
import { builtDist, fresh, inTurn, README_STACK, root, row } from './common.mjs';

const ROUNDS = 7;
const DIST = JSON.stringify(join(root, 'dist'));

const timed = (names) =>
  fresh(
    `const t = performance.now(); for (const name of ${JSON.stringify(names)}) require(name); console.log(performance.now() - t)`,
  );

/** Module names that the compiled package asks for, and the files that are loaded once its stack exists. */
function modulesUsed() {
  return fresh(`
    const Module = require('node:module'); const names = []; const files = [];
    const load = Module._load; const run = Module._extensions['.js'];
    Module._load = function (name, parent, ...rest) {
      if (/^(aws-cdk-lib|constructs)/.test(name) && parent.filename.startsWith(${DIST}) && !names.includes(name)) names.push(name);
      return load.call(this, name, parent, ...rest);
    };
    Module._extensions['.js'] = function (module, file) { if (file.includes('node_modules')) files.push(file); return run.call(this, module, file); };
    ${README_STACK}
    make(new (require('aws-cdk-lib').App)());
    console.log(JSON.stringify({ names, files }))`);
}

export async function run() {
  builtDist();
  const { names, files } = modulesUsed();
  const ours = join(root, 'dist/index.js');
  const ms = inTurn(
    {
      bare: () => timed([ours]),
      modules: () => timed(names),
      used: () => timed([...names, ...files]),
      all: () => timed([ours, ...files]),
    },
    ROUNDS,
  );
  return [
    row('import of the package and what its stack uses of aws-cdk-lib / of the latter alone', ms.all / ms.used, {
      aim: 1.1,
      note: `${ms.all.toFixed(0)} ms of ${ms.used.toFixed(0)} ms of CPU; ${files.length} files of aws-cdk-lib`,
    }),
    row('bare import of the package / of the module names it asks for', ms.bare / ms.modules, {
      note: `${ms.bare.toFixed(0)} ms of ${ms.modules.toFixed(0)} ms of CPU; no aim, because aws-cdk-lib only loads what is used`,
    }),
  ];
}
