import { boundDatabase } from '../../../lib/decide/database/order-rules';
import type { ControllerState, DatabaseRun, DatabaseState } from '../../../lib/decide/database/state';
import {
  TRANSITION_DETAIL_TYPE,
  TRANSITION_SOURCE,
  transitionEvents,
  transitionsBetween,
} from '../../../lib/decide/database/transition-events';
import { TRANSITIONS } from '../../../lib/decide/database/transitions';
import { blankItem } from '../../../lib/decide/drill/rules';
import type { JournalItem } from '../../../lib/decide/journal';

const bound = boundDatabase({ source: 'app-a', replicas: ['app-b'], generation: 1 });
const runOf = (epoch: number): DatabaseRun => ({
  id: `app-e${epoch}`,
  kind: 'failover',
  epoch,
  startedBy: 'prober',
  automatic: true,
  startedAtMs: 0,
  steps: {},
});
const itemIn = (state: ControllerState, change: Partial<DatabaseState> = {}, more: Partial<JournalItem> = {}): JournalItem => ({
  ...blankItem('app'),
  revision: 7,
  epoch: 1,
  database: { ...bound, state, ...change },
  ...more,
});
const rows = (before: JournalItem | undefined, after: JournalItem) => transitionsBetween(before, after).map(({ row }) => row);

describe('the rows between two journal items', () => {
  test.each(TRANSITIONS)('$from to $to is row $row', ({ from, to, row }) => {
    expect(rows(itemIn(from), itemIn(to))).toEqual([row]);
  });

  test('no two rows share both ends', () => {
    const ends = TRANSITIONS.map(({ from, to }) => `${from} ${to}`);
    expect(ends.filter((pair, n) => ends.indexOf(pair) !== n)).toEqual([]);
  });

  test.each<[string, JournalItem | undefined, JournalItem, readonly number[]]>([
    ['a run after a rest that is over ends the rest first', itemIn('ROLLED_BACK'), itemIn('ASSESSING'), [74, 20]],
    ['a write that moves nothing', itemIn('FENCING'), itemIn('FENCING'), []],
    ['a first write that only binds', undefined, itemIn('ARMED'), []],
    ['a first write that begins a run', undefined, itemIn('ASSESSING'), [20]],
    ['an item without a database that begins a run', blankItem('app'), itemIn('ASSESSING'), [20]],
    ['an item that has no database', undefined, blankItem('#prober'), []],
    ['a move that no row allows', itemIn('ARMED'), itemIn('PROMOTING'), []],
    ['a move that no two rows allow', itemIn('ROLLED_BACK'), itemIn('PROMOTING'), []],
  ])('%s', (_what, before, after, expected) => {
    expect(rows(before, after)).toStrictEqual(expected);
  });
});

const told = { namespace: 'shop', source: 'prober', atMs: 5 };

describe('what is told', () => {
  test('names the row, the run and who writes', () => {
    const before = itemIn('LATCHING', { run: runOf(1) });
    const after = itemIn('PROMOTING', { run: runOf(1) }, { revision: 8 });
    expect(transitionEvents(before, after, told)).toEqual([
      {
        schema: 'cdk-failover.transition/1',
        id: 'app/1/8/50',
        pair: 'app',
        namespace: 'shop',
        from: 'LATCHING',
        to: 'PROMOTING',
        row: 50,
        on: 'promotion-requested',
        because: 'fenced and latched: from here on only forward',
        epoch: 1,
        run: 'app-e1',
        active: 'primary',
        writer: 'app-a',
        atMs: 5,
        source: 'prober',
        provenance: 'measured',
      },
    ]);
  });

  test('a run that the same write ended is still named', () => {
    const before = itemIn('VERIFYING', { run: runOf(1), active: 'standby', writer: 'app-b' });
    const after = itemIn('SERVING_STANDBY', { active: 'standby', writer: 'app-b' });
    expect(transitionEvents(before, after, told)).toMatchObject([{ row: 60, run: 'app-e1', active: 'standby', writer: 'app-b' }]);
  });

  test('the rest that a run ended belongs to the epoch before it and to no run', () => {
    const after = itemIn('ASSESSING', { run: runOf(2) }, { epoch: 2, revision: 8 });
    const [rest, begun] = transitionEvents(itemIn('ROLLED_BACK'), after, told);
    expect([rest?.id, rest?.epoch, rest?.run]).toEqual(['app/1/8/74', 1, undefined]);
    expect([begun?.id, begun?.epoch, begun?.run]).toEqual(['app/2/8/20', 2, 'app-e2']);
  });

  test.each<[string, JournalItem | undefined]>([
    ['while nobody runs', itemIn('ARMED')],
    ['of a pair that nobody knew', undefined],
    ['of a pair without a database', blankItem('app')],
  ])('a transition %s has no run', (_name, before) => {
    const [event] = transitionEvents(before, itemIn('SUSPECT'), told);
    expect(event?.row).toBe(10);
    expect(event).not.toHaveProperty('run');
  });

  test('goes out under the words that a rule of the bus matches', () => {
    expect([TRANSITION_SOURCE, TRANSITION_DETAIL_TYPE]).toEqual(['cdk-failover', 'Failover Controller Transition']);
  });
});
