// The tests that mutants of one folder of lib/decide meet. Those of decide need neither bundles nor sockets.
const { transform, setupFiles } = require('./jest.config.js').projects[0];

const folder = process.env.MUTATED_FOLDER ?? '**';
module.exports = { rootDir: __dirname, transform, setupFiles, testMatch: [`<rootDir>/test/decide/${folder}/*.test.ts`] };
