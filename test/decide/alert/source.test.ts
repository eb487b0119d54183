/** Whether a message that comes late still holds: whom to ask, and what the answer makes of it. */
import {
  type AlarmNow,
  type AlarmState,
  ASK_AFTER_MS,
  judgeAlarm,
  judgeOwn,
  judgeOwnResolve,
  type OwnEvent,
  pageFor,
  SETTLED_MS,
  type SourceVerdict,
  severityMap,
  sourceToAsk,
} from '../../../lib/decide/alert';
import type { AlarmAlert, Alert, RdsAlert } from '../../../lib/decide/alert/types';
import type { DatabaseState, EndedRun, Suspicion } from '../../../lib/decide/database/state';
import type { JournalItem } from '../../../lib/decide/journal';
import { drillIncident } from '../../../lib/runtime/drive/drill/context';

const AT_MS = 1_795_183_200_000;
const alarm = (state: AlarmState): AlarmAlert => ({
  kind: 'alarm',
  arn: 'arn:alarm:shop',
  name: 'shop primary',
  region: 'eu-west-1',
  state,
  reason: 'one datapoint',
  atMs: AT_MS,
});
const own = (change: Partial<OwnEvent> = {}): Alert => ({
  kind: 'own',
  event: {
    type: 'drill-overdue',
    pair: 'shop',
    incidentKey: 'shop/drill/tue-1',
    epoch: 3,
    atMs: AT_MS,
    source: 'keeper',
    provenance: 'measured',
    action: 'trigger',
    severity: 'error',
    summary: 'Drill tue-1 is past its deadline',
    ...change,
  },
});
const rds: RdsAlert = {
  kind: 'rds',
  eventId: 'RDS-EVENT-0045',
  sourceId: 'b',
  sourceArn: 'arn:b',
  categories: [],
  text: '',
  atMs: AT_MS,
};
const received = (alert: Alert) => ({ messageId: 'm', topic: 'critical', topicArn: 't', alert }) as const;

const theAlarm = { kind: 'alarm', name: 'shop primary', region: 'eu-west-1' };
const theJournal = { kind: 'journal', pair: 'shop' };
test.each<[string, Alert, number, number, unknown]>([
  ['nobody while an alarm is fresh', alarm('ALARM'), 1, ASK_AFTER_MS - 1, undefined],
  ['the alarm once something may have overtaken it', alarm('ALARM'), 1, ASK_AFTER_MS, theAlarm],
  ['the alarm on every retry', alarm('ALARM'), 2, 0, theAlarm],
  ['the alarm about a late OK too', alarm('OK'), 2, 0, theAlarm],
  ['the journal about a trigger of ours, however fresh', own(), 1, 0, theJournal],
  ['the journal about a trigger of ours on every retry', own(), 2, 0, theJournal],
  ['nobody while a resolve of ours is fresh', own({ action: 'resolve' }), 1, ASK_AFTER_MS - 1, undefined],
  ['the journal about an old resolve of ours', own({ action: 'resolve' }), 1, ASK_AFTER_MS, theJournal],
  ['nobody about a note of ours', own({ action: 'note' }), 2, 0, undefined],
  ['nobody about a trigger of ours that names no pair', own({ pair: '' }), 2, 0, undefined],
  ['nobody about an event of RDS', rds, 9, 999_999, undefined],
  ['nobody about an unknown shape', { kind: 'unknown', because: 'b', title: 't', body: '', atMs: AT_MS }, 9, 999_999, undefined],
])('before sending, %s is asked', (_name, alert, attempt, ageMs, expected) =>
  expect(sourceToAsk(received(alert), attempt, AT_MS + ageMs)).toEqual(expected),
);

const unknown = { kind: 'unknown', because: 'throttled' } as const;
const gone = 'the alarm does not exist any more';
const blind = "the alarm's state is unknown: throttled";
test.each<[AlarmState, AlarmNow, SourceVerdict]>([
  ['ALARM', 'ALARM', { kind: 'send', because: 'the alarm is ALARM' }],
  ['ALARM', 'OK', { kind: 'over', because: 'the alarm is OK by now' }],
  ['ALARM', 'INSUFFICIENT_DATA', { kind: 'send', because: 'the alarm is INSUFFICIENT_DATA' }],
  ['ALARM', 'gone', { kind: 'send', because: gone }],
  ['ALARM', unknown, { kind: 'send', because: blind, unsure: true }],
  ['INSUFFICIENT_DATA', 'OK', { kind: 'over', because: 'the alarm is OK by now' }],
  ['INSUFFICIENT_DATA', 'ALARM', { kind: 'send', because: 'the alarm is ALARM' }],
  ['INSUFFICIENT_DATA', unknown, { kind: 'send', because: blind, unsure: true }],
  ['OK', 'OK', { kind: 'send', because: 'the alarm is OK' }],
  ['OK', 'ALARM', { kind: 'superseded', because: 'the alarm is in ALARM again' }],
  ['OK', 'INSUFFICIENT_DATA', { kind: 'send', because: 'the alarm is INSUFFICIENT_DATA' }],
  ['OK', 'gone', { kind: 'send', because: gone }],
  ['OK', unknown, { kind: 'wait', because: blind, atLeastSec: 0 }],
])('a late %s while the alarm is %j', (told, now, verdict) => expect(judgeAlarm(told, now, SETTLED_MS)).toEqual(verdict));

test.each<[AlarmState, AlarmNow, number, number]>([
  ['ALARM', 'OK', 12_500, 13],
  ['OK', 'ALARM', 12_500, 13],
  ['OK', 'ALARM', 1, 1],
])('a %s that its alarm contradicts with %s, %i ms too early, waits %i s', (told, now, earlyMs, atLeastSec) => {
  expect(judgeAlarm(told, now, SETTLED_MS - earlyMs)).toEqual({
    kind: 'wait',
    because: `the alarm is said to be ${now}, which may be old news`,
    atLeastSec,
  });
});

test('an answer counts from a minute on', () => expect(SETTLED_MS).toBe(60_000));

const stands: SourceVerdict = { kind: 'send', because: 'the journal does not say that it is over' };
const restored: SourceVerdict = { kind: 'over', because: 'drill tue-1 is restored by now' };
const unread: SourceVerdict = { kind: 'send', because: 'the journal is unknown: throttled', unsure: true };
const drilled = (restoredAtMs?: number): JournalItem => ({
  pair: 'shop',
  revision: 9,
  epoch: 0,
  lastDrills: [
    { id: 'mon-1', level: 'TRAFFIC', verdict: 'passed', endedAtMs: AT_MS, expectedAlarms: [] },
    { id: 'tue-1', level: 'TRAFFIC', verdict: 'passed', endedAtMs: AT_MS + 9_000, restoredAtMs, expectedAlarms: [] },
  ],
});
test.each<[string, string, JournalItem | undefined | typeof unknown, SourceVerdict]>([
  ['a missing restore is over once the drill ended with one', '/restore', drilled(AT_MS), restored],
  ['a missing restore is not over without one', '/restore', drilled(undefined), stands],
  ['an outage that a drill saw is not over with its restore', '/outage', drilled(AT_MS), stands],
  ['alarms that stayed on are not over with the restore', '/afterglow', drilled(AT_MS), stands],
  ['no journal is no proof', '/restore', undefined, stands],
  ['an unreadable journal is no proof', '/restore', unknown, unread],
])('%s', (_name, what, journal, verdict) =>
  expect(judgeOwn(`${drillIncident('shop', 'tue-1')}${what}`, journal)).toEqual(verdict),
);

const database: NonNullable<JournalItem['database']> = {
  state: 'SERVING_STANDBY',
  active: 'standby',
  writer: 'shop-b1',
  latch: { on: true, generation: 1 },
  writerName: {},
  lastRuns: [],
};
const ran = (outcome: 'done' | 'rolled-back'): JournalItem => ({
  pair: 'shop',
  revision: 9,
  epoch: 4,
  lastDrills: [],
  database: { ...database, lastRuns: [{ id: 'shop-e4', kind: 'failover', epoch: 4, outcome, because: [], endedAtMs: AT_MS }] },
});
const ended = (epoch: number, outcome: 'done' | 'rolled-back'): EndedRun => ({
  id: `shop-e${epoch}`,
  kind: 'failover',
  epoch,
  outcome,
  because: [],
  endedAtMs: AT_MS,
});
const within = (more: Partial<DatabaseState>, journal = ran('done')): JournalItem => ({
  ...journal,
  database: { ...(journal.database ?? database), ...more },
});
const suspecting = (told: Partial<Suspicion>) => within({ suspect: { sinceMs: AT_MS, because: [], ...told } });
const suspects = suspecting({});
const at = (step: string) => ({ id: 'shop-e5', epoch: 5, steps: { [step]: { beganAtMs: 1, attempts: 1 } } }) as never;
const running = within({ run: at('verify_functionality') });
const DOUBT = { sinceMs: 1, wanted: 'off', paged: false };
const doubting = (latchDoubt: JournalItem['latchDoubt']): JournalItem => ({
  ...ran('done'),
  ...(latchDoubt ? { latchDoubt } : {}),
});
const looked = (...because: string[]): JournalItem => ({ ...ran('done'), readiness: { checkedAtMs: 1, because } });
const done: SourceVerdict = { kind: 'over', because: 'shop-e4 is done by now' };
const served: SourceVerdict = { kind: 'over', because: 'shop-e4 was given up, and the pair is served again' };
const ending: SourceVerdict = { kind: 'over', because: 'shop-e5 is done' };
const agreed: SourceVerdict = { kind: 'over', because: 'the latch is what the journal wants' };
const ready: SourceVerdict = { kind: 'over', because: 'nothing stands against a failover any more' };
const unsure: SourceVerdict = { kind: 'send', because: 'a suspicion stands that does not say whether it was told', unsure: true };
const calm: SourceVerdict = { kind: 'over', because: 'nothing speaks against the primary any more' };
test.each<[string, string, JournalItem, SourceVerdict]>([
  ['a failover whose run is done is over, though its resolve came first', 'shop/4', ran('done'), done],
  ['a failover that was given up is not over', 'shop/4', ran('rolled-back'), stands],
  ['another run than the one that is done is not over', 'shop/5', ran('done'), stands],
  ['the run of another pair is not over', 'app/4', ran('done'), stands],
  ['a second writer is not over because the run is done', 'shop/4/split-brain', ran('done'), stands],
  ['what the daily look complains about is no suspicion', 'shop/watch/readiness', ran('done'), stands],
  ['what the daily look complains about is none in the middle of a run', 'shop/watch/readiness', running, stands],
  ['a suspicion is over while a run goes on that began without one', 'shop/watch/ask', running, calm],
  [
    'one is over once the run that answers it ends well',
    'shop/watch/ask',
    within({ run: at('announce') }, suspecting({ paged: ['ask'] })),
    calm,
  ],
  [
    'a failover that was given up is over once the primary recovered',
    'shop/4',
    within({ recoveredEpoch: 4 }, ran('rolled-back')),
    served,
  ],
  ['a later one is not over with that', 'shop/4', within({ recoveredEpoch: 3 }, ran('rolled-back')), stands],
  ['one is over once a later one is done', 'shop/4', within({ lastRuns: [ended(5, 'done'), ended(4, 'rolled-back')] }), served],
  [
    'one that came after one that was done is not',
    'shop/4',
    within({ lastRuns: [ended(4, 'rolled-back'), ended(3, 'done')] }),
    stands,
  ],
  ['one is over once the last step of a later one begins', 'shop/4', within({ run: at('announce') }, ran('rolled-back')), served],
  ['a run is over once its last step begins', 'shop/5', within({ run: at('announce') }), ending],
  ['and not before', 'shop/5', running, stands],
  ['nor while it is stuck there', 'shop/5', within({ state: 'STUCK', run: at('announce') }), stands],
  ['a doubt about the latch is over when nobody has one', 'shop/latch', doubting(undefined), agreed],
  ['it is not while it may have been told', 'shop/latch', doubting({ ...DOUBT, telling: true }), stands],
  ['it is not while somebody was paged', 'shop/latch', doubting({ ...DOUBT, paged: true }), stands],
  ['it is once that is noted', 'shop/latch', doubting({ ...DOUBT, paged: true, over: true }), agreed],
  ['one that was told to nobody yet is another one', 'shop/latch', doubting(DOUBT), agreed],
  ['what the daily look complained about is over once it finds nothing', 'shop/watch/readiness', looked(), ready],
  ['and not while it finds something', 'shop/watch/readiness', looked('no replica'), stands],
  ['a suspicion of another pair is not over', 'app/watch/blocked', ran('done'), stands],
  ['a suspicion of a pair without a database is not over', 'shop/watch/blocked', drilled(AT_MS), stands],
  ...['ask', 'blocked', 'database', 'traffic', 'partition', 'outside'].flatMap(
    (outcome): [string, string, JournalItem, SourceVerdict][] => [
      [`a suspicion (${outcome}) that was answered by a promotion is over`, `shop/watch/${outcome}`, ran('done'), calm],
      [`a suspicion (${outcome}) that stands is not over`, `shop/watch/${outcome}`, suspecting({ telling: [outcome] }), stands],
      [
        `one (${outcome}) that somebody was paged for is not over`,
        `shop/watch/${outcome}`,
        suspecting({ paged: [outcome] }),
        stands,
      ],
      [`one (${outcome}) that told of nothing is asked about again`, `shop/watch/${outcome}`, suspects, unsure],
      [
        `one (${outcome}) is over once that is noted`,
        `shop/watch/${outcome}`,
        suspecting({ telling: [outcome], over: true }),
        calm,
      ],
    ],
  ),
])('%s', (_name, incidentKey, journal, verdict) => expect(judgeOwn(incidentKey, journal)).toEqual(verdict));

test('a trigger whose trouble is over becomes a resolve, so that a trigger lost on the way back leaves nothing open', () => {
  const resolved = { endpoint: 'enqueue', key: 'arn:alarm:shop', body: { event_action: 'resolve', dedup_key: 'arn:alarm:shop' } };
  expect(
    pageFor(received(alarm('ALARM')), severityMap('critical', 'warning'), { overBecause: 'the alarm is OK by now' }),
  ).toEqual(resolved);
});

const goesOn: SourceVerdict = { kind: 'superseded', because: 'the prober has told of it again' };
const maySend: SourceVerdict = { kind: 'send', because: 'the journal does not say that it goes on' };
test.each<[string, string, JournalItem | undefined | typeof unknown, SourceVerdict]>([
  ['closes nothing that the prober has told of again', 'shop/watch/traffic', suspecting({ telling: ['traffic'] }), goesOn],
  ['closes what is over', 'shop/watch/traffic', suspecting({ telling: ['traffic'], over: true }), maySend],
  ['closes what another suspicion told', 'shop/watch/ask', suspecting({ telling: ['traffic'] }), maySend],
  ['closes the incident of a run', 'shop/4', ran('done'), maySend],
  ['goes out where the pair has no item', 'shop/4', undefined, maySend],
  ['waits while nobody knows', 'shop/4', unknown, { kind: 'wait', because: 'the journal is unknown: throttled', atLeastSec: 0 }],
])('a late resolve of ours %s', (_name, incidentKey, journal, verdict) =>
  expect(judgeOwnResolve(incidentKey, journal)).toEqual(verdict),
);
