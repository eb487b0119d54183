/** The plan and the table of the controller, as somebody on call meets them. */
import { databaseMachine } from '../../../lib/decide/database/machine';
import {
  type AnyStep,
  FAILOVER_PLAN,
  FENCE_DUTY,
  firstStep,
  isPlanStep,
  placeAfter,
  type StepVerdict,
  UNDO_PLAN,
} from '../../../lib/decide/database/plan';
import { STEP_EVENTS } from '../../../lib/decide/database/run-events';
import type { ControllerState } from '../../../lib/decide/database/state';
import { type ControllerEvent, transitionOf } from '../../../lib/decide/database/transitions';

const { States, ...rest } = databaseMachine('arn:step');

describe('the machine in the console', () => {
  test('begins with what it is for, and ends in four ways', () => {
    expect([rest, States['begin']]).toEqual([
      { Comment: 'A database run: fence, latch, promote, verify', StartAt: 'begin' },
      {
        Type: 'Choice',
        Choices: [
          {
            And: [
              { Variable: '$.duty', IsPresent: true },
              { Variable: '$.duty', StringEquals: 'fence_old_writer' },
            ],
            Next: 'fence_old_writer',
          },
        ],
        Default: 'acquire',
      },
    ]);
    expect(['done', 'rolled_back', 'lost', 'stuck'].map((name) => States[name])).toEqual([
      { Type: 'Succeed' },
      { Type: 'Succeed' },
      { Type: 'Succeed' },
      {
        Type: 'Fail',
        Error: 'Stuck',
        Cause: 'Past the point of no return and not able to go on: somebody was paged, and adopts this epoch or finishes by hand',
      },
    ]);
  });

  test('calls the step function, judges its answer and waits as long as that says', () => {
    const verdict = (StringEquals: string, Next: string) => ({
      And: [
        { Variable: '$.answer.value.verdict', IsPresent: true },
        { Variable: '$.answer.value.verdict', StringEquals },
      ],
      Next,
    });
    expect(['promote_replica', 'after promote_replica', 'wait for promote_replica'].map((name) => States[name])).toEqual([
      {
        Type: 'Task',
        Comment: 'Point of no return: write it down, then promote, then watch',
        Resource: 'arn:aws:states:::lambda:invoke',
        Parameters: {
          FunctionName: 'arn:step',
          Payload: { 'pair.$': '$.pair', 'run.$': '$.run', 'epoch.$': '$.epoch', step: 'promote_replica' },
        },
        ResultSelector: { 'value.$': '$.Payload' },
        ResultPath: '$.answer',
        TimeoutSeconds: 70,
        Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 2, MaxAttempts: 20, BackoffRate: 2, MaxDelaySeconds: 30 }],
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'undo_latch' }],
        Next: 'after promote_replica',
      },
      {
        Type: 'Choice',
        Choices: [
          verdict('done', 'repoint_writer'),
          verdict('again', 'wait for promote_replica'),
          verdict('ask', 'wait for promote_replica'),
          verdict('undo', 'undo_latch'),
          verdict('lost', 'lost'),
        ],
        Default: 'stuck',
      },
      { Type: 'Wait', SecondsPath: '$.answer.value.waitSec', Next: 'promote_replica' },
    ]);
  });

  test('says what each step does', () => {
    expect(Object.entries(States).flatMap(([name, s]) => (s.Type === 'Task' ? [`${name}: ${s.Comment}`] : []))).toEqual([
      'acquire: Hold the epoch, take the lease where there is one, open the incident',
      'assess: Choose the replica that loses least, by what was seen before the failure',
      'stop_writes_to_primary: Fence the old writer as far as it answers, then let the replica catch up',
      'verify_replica_sync: Hold the loss against what was consented to; ask a person when it is more',
      'latch: Keep traffic off the old primary, and wait until Route 53 says so',
      'promote_replica: Point of no return: write it down, then promote, then watch',
      'repoint_writer: Writer name and parameter name the new writer',
      'refresh_applications: Make applications let go of dead connections',
      'verify_functionality: The new writer stands alone, its side is reached and answers',
      'announce: Resolve the incident and end the run',
      'undo_latch: Give traffic back to health',
      'undo_stop_writes_to_primary: Lower what was fenced',
      'undo_acquire: Say why it was given up, and rest',
      'fence_old_writer: Raise the fences that the old primary could not be reached for',
    ]);
  });
});

describe('the plan', () => {
  const stepsThat = <K extends 'reversible' | 'onLimit'>(key: K, value: (typeof FAILOVER_PLAN)[number][K]) =>
    FAILOVER_PLAN.filter((plan) => plan[key] === value).map(({ step }) => step);

  test('can be undone until the promotion, and goes only forward from there', () => {
    expect(stepsThat('reversible', 'undo')).toEqual([
      'acquire',
      'assess',
      'stop_writes_to_primary',
      'verify_replica_sync',
      'latch',
    ]);
    expect(stepsThat('reversible', 'one-way')).toEqual(['promote_replica']);
    expect(stepsThat('reversible', 'forward')).toEqual([
      'repoint_writer',
      'refresh_applications',
      'verify_functionality',
      'announce',
    ]);
  });

  test('gives up when its time is over before the promotion, is stuck after it, and waits for no fence and no application', () => {
    expect(stepsThat('onLimit', 'undo')).toEqual(['acquire', 'assess', 'verify_replica_sync', 'latch']);
    expect(stepsThat('onLimit', 'stuck')).toEqual(['promote_replica', 'repoint_writer', 'verify_functionality']);
    expect(stepsThat('onLimit', 'continue')).toEqual(['stop_writes_to_primary', 'refresh_applications', 'announce']);
  });

  test.each<[AnyStep, StepVerdict, string]>([
    ['latch', 'done', 'promote_replica'],
    ['latch', 'again', 'latch'],
    ['verify_replica_sync', 'ask', 'verify_replica_sync'],
    ['latch', 'undo', 'undo_latch'],
    ['latch', 'stuck', 'stuck'],
    ['latch', 'lost', 'lost'],
    ['repoint_writer', 'undo', 'stuck'],
    ['announce', 'done', 'done'],
    ['undo_latch', 'undo', 'stuck'],
    ['undo_acquire', 'done', 'rolled_back'],
    [FENCE_DUTY, 'done', 'done'],
    [FENCE_DUTY, 'again', 'lost'],
    [FENCE_DUTY, 'stuck', 'lost'],
  ])('%s that says %s leads to %s', (step, verdict, place) => {
    expect(placeAfter(step, verdict)).toBe(place);
  });

  test('knows its steps, and where an execution begins', () => {
    const names = ['acquire', 'announce', 'undo_latch', 'fence_old_writer', 'done', 'stuck', ''];
    expect(names.filter(isPlanStep)).toEqual(['acquire', 'announce', 'undo_latch', 'fence_old_writer']);
    expect([firstStep(), firstStep('fence_old_writer'), firstStep('x')]).toEqual(['acquire', 'fence_old_writer', 'acquire']);
  });

  test('tells of each step that changes something; beginning and end tell of themselves', () => {
    expect([...FAILOVER_PLAN, ...UNDO_PLAN].map(({ step }) => STEP_EVENTS[step])).toEqual([
      undefined,
      'replica-chosen',
      'writer-fenced',
      'loss-accepted',
      'primary-latched',
      'replica-promoted',
      'writer-repointed',
      'applications-refreshed',
      'writer-verified',
      undefined,
      'latch-lifted',
      'fences-lowered',
      undefined,
    ]);
  });
});

/** What a page or a log says of one course, row by row; it stops where no row applies. */
function told(from: ControllerState, ...events: readonly ControllerEvent[]): readonly string[] {
  const lines: string[] = [];
  let state = from;
  for (const on of events) {
    const row = transitionOf(state, on);
    if (!row) return [...lines, `nothing in ${state} by ${on}`];
    lines.push(`${row.row} ${row.to}: ${row.because}`);
    state = row.to;
  }
  return lines;
}

test.each<[string, readonly string[], readonly string[]]>([
  [
    'a suspicion that was nothing',
    told('ARMED', 'suspected', 'cleared'),
    ['10 SUSPECT: one witness is not an outage', '11 ARMED: no witness speaks against the writer any more'],
  ],
  [
    'a failover that asks a person',
    told(
      'SUSPECT',
      ...(['acquired', 'assessed', 'consent-needed', 'consented', 'loss-accepted', 'promotion-requested'] as const),
      ...(['promoted', 'verified'] as const),
    ),
    [
      '21 ASSESSING: the witnesses agree, or a person ordered it',
      '30 FENCING: a replica is eligible: stop the old writer first',
      '40 AWAITING_CONSENT: the loss is over what was consented to',
      '41 FENCING: the loss is judged again after a consent',
      '42 LATCHING: the loss is within consent',
      '50 PROMOTING: fenced and latched: from here on only forward',
      '51 VERIFYING: the candidate stands alone and is available',
      '60 SERVING_STANDBY: the standby writes and users reach it',
    ],
  ],
  [
    'an order that is given up at once, and the rest after it',
    told('ARMED', 'acquired', 'rolled-back', 'rested'),
    [
      '20 ASSESSING: a person ordered it',
      '70 ROLLED_BACK: given up before the point of no return',
      '74 ARMED: the cool-down is over',
    ],
  ],
  [
    'one that is given up behind its fence',
    told('FENCING', 'rolled-back'),
    ['71 ROLLED_BACK: given up before the point of no return'],
  ],
  ['one that nobody consented to', told('AWAITING_CONSENT', 'rolled-back'), ['72 ROLLED_BACK: nobody consented to the loss']],
  [
    'one that is given up at its latch',
    told('LATCHING', 'rolled-back'),
    ['73 ROLLED_BACK: given up before the point of no return'],
  ],
  ['one that is past its promotion', told('PROMOTING', 'rolled-back'), ['nothing in PROMOTING by rolled-back']],
  [
    'a promotion that is stuck twice',
    told('PROMOTING', 'gave-up', 'adopted-before-promotion', 'promoted', 'gave-up', 'adopted-after-promotion'),
    [
      '80 STUCK: a promotion may have happened: only a person goes on',
      '82 PROMOTING: a person took the run up again',
      '51 VERIFYING: the candidate stands alone and is available',
      '81 STUCK: a promotion has happened: only a person goes on',
      '83 VERIFYING: a person took the run up again',
    ],
  ],
  [
    'the way back',
    told('SERVING_STANDBY', 'rebuild-began', 'rebuild-ended', 'failback-acquired', 'assessed', 'loss-accepted'),
    [
      '90 REBUILDING: a person rebuilds the old primary',
      '91 SERVING_STANDBY: the rebuilt replica replicates, or was given up',
      '22 FAILBACK: only a person starts the way back',
      '31 FENCING: the rebuilt replica is eligible: stop today’s writer first',
      '42 LATCHING: the loss is within consent',
    ],
  ],
  ['the end of the way back', told('VERIFYING', 'returned'), ['61 ARMED: the primary Region writes again']],
  ...(['FAILBACK', 'FENCING', 'AWAITING_CONSENT', 'LATCHING'] as const).map(
    (state, n): [string, readonly string[], readonly string[]] => [
      `a way back that is given up in ${state}`,
      told(state, 'failback-rolled-back'),
      [`${75 + n} SERVING_STANDBY: the standby goes on writing`],
    ],
  ),
])('%s is told row by row', (_name, lines, expected) => {
  expect(lines).toEqual(expected);
});
