// The tests that mutants of one folder of lib/decide meet. Those of decide need neither bundles nor sockets.
const { transform, setupFiles } = require('./jest.config.js').projects[0];

const folder = process.env.MUTATED_FOLDER ?? '**';
/** Fewer tests kill fewer mutants, sooner: `MUTATED_TESTS='trigger*' npm run mutate -- database/trigger`. */
const tests = process.env.MUTATED_TESTS ?? '*';
module.exports = { rootDir: __dirname, transform, setupFiles, testMatch: [`<rootDir>/test/decide/${folder}/${tests}.test.ts`] };
