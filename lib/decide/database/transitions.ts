import type { ControllerState } from './state';

/** What moves the controller from one state to another. */
export type ControllerEvent =
  | 'suspected'
  | 'cleared'
  | 'acquired'
  | 'failback-acquired'
  | 'assessed'
  | 'consent-needed'
  | 'consented'
  | 'loss-accepted'
  | 'promotion-requested'
  | 'promoted'
  | 'verified'
  | 'returned'
  | 'rolled-back'
  | 'failback-rolled-back'
  | 'rested'
  | 'gave-up'
  | 'adopted-before-promotion'
  | 'adopted-after-promotion'
  | 'rebuild-began'
  | 'rebuild-ended';

export interface Transition {
  readonly row: number;
  readonly from: ControllerState;
  readonly on: ControllerEvent;
  readonly to: ControllerState;
  readonly because: string;
}

/** The controller. Logs and refusals quote the row. */
export const TRANSITIONS: readonly Transition[] = [
  { row: 10, from: 'ARMED', on: 'suspected', to: 'SUSPECT', because: 'one witness is not an outage' },
  { row: 11, from: 'SUSPECT', on: 'cleared', to: 'ARMED', because: 'no witness speaks against the writer any more' },
  { row: 20, from: 'ARMED', on: 'acquired', to: 'ASSESSING', because: 'a person ordered it' },
  { row: 21, from: 'SUSPECT', on: 'acquired', to: 'ASSESSING', because: 'the witnesses agree, or a person ordered it' },
  { row: 22, from: 'SERVING_STANDBY', on: 'failback-acquired', to: 'FAILBACK', because: 'only a person starts the way back' },
  { row: 30, from: 'ASSESSING', on: 'assessed', to: 'FENCING', because: 'a replica is eligible: stop the old writer first' },
  {
    row: 31,
    from: 'FAILBACK',
    on: 'assessed',
    to: 'FENCING',
    because: 'the rebuilt replica is eligible: stop today’s writer first',
  },
  { row: 40, from: 'FENCING', on: 'consent-needed', to: 'AWAITING_CONSENT', because: 'the loss is over what was consented to' },
  { row: 41, from: 'AWAITING_CONSENT', on: 'consented', to: 'FENCING', because: 'the loss is judged again after a consent' },
  { row: 42, from: 'FENCING', on: 'loss-accepted', to: 'LATCHING', because: 'the loss is within consent' },
  {
    row: 50,
    from: 'LATCHING',
    on: 'promotion-requested',
    to: 'PROMOTING',
    because: 'fenced and latched: from here on only forward',
  },
  { row: 51, from: 'PROMOTING', on: 'promoted', to: 'VERIFYING', because: 'the candidate stands alone and is available' },
  { row: 60, from: 'VERIFYING', on: 'verified', to: 'SERVING_STANDBY', because: 'the standby writes and users reach it' },
  { row: 61, from: 'VERIFYING', on: 'returned', to: 'ARMED', because: 'the primary Region writes again' },
  { row: 70, from: 'ASSESSING', on: 'rolled-back', to: 'ROLLED_BACK', because: 'given up before the point of no return' },
  { row: 71, from: 'FENCING', on: 'rolled-back', to: 'ROLLED_BACK', because: 'given up before the point of no return' },
  { row: 72, from: 'AWAITING_CONSENT', on: 'rolled-back', to: 'ROLLED_BACK', because: 'nobody consented to the loss' },
  { row: 73, from: 'LATCHING', on: 'rolled-back', to: 'ROLLED_BACK', because: 'given up before the point of no return' },
  { row: 74, from: 'ROLLED_BACK', on: 'rested', to: 'ARMED', because: 'the cool-down is over' },
  { row: 75, from: 'FAILBACK', on: 'failback-rolled-back', to: 'SERVING_STANDBY', because: 'the standby goes on writing' },
  { row: 76, from: 'FENCING', on: 'failback-rolled-back', to: 'SERVING_STANDBY', because: 'the standby goes on writing' },
  {
    row: 77,
    from: 'AWAITING_CONSENT',
    on: 'failback-rolled-back',
    to: 'SERVING_STANDBY',
    because: 'the standby goes on writing',
  },
  { row: 78, from: 'LATCHING', on: 'failback-rolled-back', to: 'SERVING_STANDBY', because: 'the standby goes on writing' },
  { row: 80, from: 'PROMOTING', on: 'gave-up', to: 'STUCK', because: 'a promotion may have happened: only a person goes on' },
  { row: 81, from: 'VERIFYING', on: 'gave-up', to: 'STUCK', because: 'a promotion has happened: only a person goes on' },
  { row: 82, from: 'STUCK', on: 'adopted-before-promotion', to: 'PROMOTING', because: 'a person took the run up again' },
  { row: 83, from: 'STUCK', on: 'adopted-after-promotion', to: 'VERIFYING', because: 'a person took the run up again' },
  { row: 90, from: 'SERVING_STANDBY', on: 'rebuild-began', to: 'REBUILDING', because: 'a person rebuilds the old primary' },
  {
    row: 91,
    from: 'REBUILDING',
    on: 'rebuild-ended',
    to: 'SERVING_STANDBY',
    because: 'the rebuilt replica replicates, or was given up',
  },
];

/** The row that applies, or nothing where the event has no business in that state. */
export const transitionOf = (from: ControllerState, on: ControllerEvent): Transition | undefined =>
  TRANSITIONS.find((row) => row.from === from && row.on === on);
