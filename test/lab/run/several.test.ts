import { closingTable } from '../../../lib/lab/run/all';
import { wantedOf } from '../../../lib/lab/run/arguments';
import { folded } from '../../../lib/lab/run/report/record';
import { SCENARIOS } from '../../../lib/lab/run/scenarios';
import { Paint } from '../../../lib/lab/run/view';

describe('all scenarios, one after the other', () => {
  test('are planned in their order, with the seed and the speed that were asked for', () => {
    const wanted = wantedOf(['all', '--seed', '7']);
    expect(wanted).toMatchObject({ seed: 7, planned: SCENARIOS.map((scenario) => ({ scenario, scale: scenario.scale ?? 5 })) });
    const real = wantedOf(['all', '--real']);
    expect(typeof real === 'object' && real.planned.every(({ scale }) => scale === 1)).toBe(true);
  });

  test('end with a table that counts what passed, what failed, and what could not be played', () => {
    const table = closingTable(
      [
        { name: 'drill', verdict: 'passed', wallMs: 30_000 },
        { name: 'database-lag', verdict: 'FAILED', wallMs: 61_550 },
        { name: 'database', verdict: 'SKIPPED', because: '[NoPostgres] nothing is installed', wallMs: 0 },
      ],
      new Paint(false),
    );
    expect(table.split('\n')).toEqual([
      'scenario      verdict      real',
      'drill         passed     30.0 s',
      'database-lag  FAILED     61.5 s',
      'database      SKIPPED     0.0 s  [NoPostgres] nothing is installed',
      '',
      '1 passed, 1 failed, 1 skipped; 91.5 s of real time',
      '',
    ]);
  });
});

test('a recorded page folds what comes again, and nothing else', () => {
  expect(
    folded([
      '   1.0 s  database    latch: Keep traffic off the old primary',
      '   2.0 s  dns         127.0.0.1:53 now answers 127.0.0.2, the standby',
      '   3.0 s  dns         127.0.0.1:54 now answers 127.0.0.2, the standby',
      '   4.5 s  database    latch: Keep traffic off the old primary',
      '  14.5 s  database    latch: Keep traffic off the old primary',
      '',
      '  ok   one promotion was ordered: 1',
      '  ok   one promotion was ordered: 1',
    ]),
  ).toEqual([
    '   1.0 s  database    latch: Keep traffic off the old primary (and 2 more, until 14.5 s)',
    '   2.0 s  dns         127.0.0.1:53 now answers 127.0.0.2, the standby',
    '   3.0 s  dns         127.0.0.1:54 now answers 127.0.0.2, the standby',
    '',
    '  ok   one promotion was ordered: 1',
    '  ok   one promotion was ordered: 1',
  ]);
});
