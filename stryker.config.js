// Mutation testing of lib/decide; `npm run mutate` runs it folder by folder, see scripts/mutate.mjs.
module.exports = {
  plugins: [`${__dirname}/scripts/mutate-runner.mjs`],
  testRunner: 'in-process',
  coverageAnalysis: 'perTest',
  concurrency: 1,
  incremental: true,
  tempDirName: '.stryker/tmp',
  ignorePatterns: ['/assets', '/dist*', '/examples', '/.jsii', '/tsconfig.tsbuildinfo', '/lib/constructs'],
  reporters: ['clear-text', 'json', 'progress-append-only'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: true },
  disableTypeChecks: false,
};
