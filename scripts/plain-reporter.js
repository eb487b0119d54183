const { writeSync } = require('node:fs');

// jest prints its own summary after custom reporters, so the plain closing line waits for the exit.
module.exports = class PlainReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests ? `, ${results.numPendingTests} skipped` : '';
    process.once('exit', () => writeSync(1, `${results.numPassedTests} passed, ${failed} failed${skipped}\n`));
  }
};
