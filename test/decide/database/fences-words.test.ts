/** What is known of each fence, in the words of a page. */
import {
  afterTry,
  FENCE_LEVELS,
  fenceName,
  fenceWords,
  highestFence,
  type RaisedFence,
  writesGoOn,
} from '../../../lib/decide/database/fences';
import type { FenceSettings } from '../../../lib/decide/database/settings';

const acl: FenceSettings = { kind: 'networkAcl', region: 'r', subnets: ['s'], denyAcl: 'deny', openAcl: 'open' };
const stop: FenceSettings = { kind: 'stopInstance', region: 'r', id: 'a' };
const code: FenceSettings = { kind: 'function', name: 'f' };
const up = (level: string, name = 'f'): RaisedFence => ({ name, kind: 'up', level });
const down = (because: string, change: { readonly silent?: number } = {}): RaisedFence => ({
  name: 'n',
  kind: 'down',
  because,
  ...change,
});

test('each kind has its name and its strength', () => {
  expect([acl, stop, code].map((fence) => [fenceName(fence), FENCE_LEVELS[fence.kind]])).toEqual([
    ['networkAcl:deny', 'F3'],
    ['stopInstance:a', 'F6'],
    ['function:f', 'F4'],
  ]);
});

const silence = { kind: 'down', because: 'timed out', unreachable: true } as const;
test.each<[string, RaisedFence | undefined, Parameters<typeof afterTry>[2], RaisedFence]>([
  ['is up at the level that was verified', down('x', { silent: 1 }), { kind: 'up', level: 'F3' }, up('F3', 'n')],
  ['was silent once', undefined, silence, down('timed out', { silent: 1 })],
  ['was silent once, after it was up', up('F3', 'n'), silence, down('timed out', { silent: 1 })],
  ['was silent once, after a refusal', down('throttled'), silence, down('timed out', { silent: 1 })],
  ['was silent three times in a row', down('timed out', { silent: 2 }), silence, down('timed out', { silent: 3 })],
  ['is down by a refusal', down('timed out', { silent: 2 }), { kind: 'down', because: 'throttled' }, down('throttled')],
])('a fence %s', (_name, before, answer, after) => {
  expect(afterTry('n', before, answer)).toStrictEqual(after);
});

const ALWAYS = 'F0 to F2 hold: epoch, latch and writer name';
test.each<[string, readonly RaisedFence[], readonly string[]]>([
  ['none', [], [`no fence is configured: ${ALWAYS}`]],
  ['one that is up', [up('F4')], ['f is up at F4']],
  ['one that is up and one that was refused', [up('F4'), down('refused')], ['f is up at F4', 'n is down: refused']],
  ['one that is down', [down('refused')], ['n is down: refused', ALWAYS]],
  ['one that is silent', [down('timed out', { silent: 2 })], ['n did not answer, 2 times in a row: timed out', ALWAYS]],
])('a page says of %s', (_name, raised, words) => {
  expect(fenceWords(raised)).toEqual(words);
});

test.each<[readonly string[], string | undefined]>([
  [['F3', 'F6'], 'F6'],
  [['F7', 'F3'], 'F3'],
  [['F4', 'F7'], 'F7'],
  [['F5', 'F4'], 'F4'],
  [['of its own', 'F5'], 'F5'],
  [['of its own'], 'of its own'],
  [[], undefined],
])('of %j the strongest is %s', (levels, strongest) => {
  expect(highestFence([down('x'), ...levels.map((level) => up(level))])).toBe(strongest);
});

const BY_HAND = 'a planned change needs a fence that stops writes and leaves replication alive, or writes stopped by hand';
const BACK = 'today’s writer cannot be fenced from here, and nobody said that writes are stopped';
test.each<['switchover' | 'failback', readonly FenceSettings[], string | undefined]>([
  ['switchover', [code], undefined],
  ['switchover', [acl, code], undefined],
  ['switchover', [acl, stop], BY_HAND],
  ['switchover', [], BY_HAND],
  ['failback', [code], BACK],
])('writes go on during a %s with %j: %s', (run, fences, because) => {
  expect(writesGoOn(run, { kind: 'readReplicas', fences })).toBe(because);
});
