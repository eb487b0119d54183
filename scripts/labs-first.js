// Labs with a database wait most of their time: begun first, they are over by the time that the other worker is.
const { default: Sequencer } = require('@jest/test-sequencer');

module.exports = class extends Sequencer {
  async sort(tests) {
    const sorted = await super.sort(tests);
    const first = ({ path }) => /test.lab.run.database\.test/.test(path);
    return [...sorted.filter(first), ...sorted.filter((test) => !first(test))];
  }
};
