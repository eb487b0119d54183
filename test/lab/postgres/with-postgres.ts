import { findServer, removeHome } from '../../../lib/lab/postgres';

/** A group of tests that need server binaries. Where there are none, the group is skipped: counted, and said aloud. */
export function withPostgres(title: string, tests: () => void): void {
  const found = findServer();
  if (found.kind === 'found') {
    removeHome(found.home);
    describe(title, tests);
    return;
  }
  process.stderr.write(`SKIPPED ${title}: ${found.because}\n`);
  describe.skip(`${title} (${found.because})`, tests);
}
