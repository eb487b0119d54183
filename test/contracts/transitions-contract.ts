import { TRANSITION_SCHEMA, type TransitionEvent } from '../../lib/decide/database/transition-events';
import type { Transitions } from '../../lib/runtime/ports/database';
import { type Made, using } from './made';

export interface MadeTransitions extends Made {
  readonly transitions: Transitions;
  /** Details of what arrived, oldest first. */
  arrived(): readonly unknown[];
  /** From now on the bus takes no event. */
  refuse(): void;
}

export const transitionOf = (n: number): TransitionEvent => ({
  schema: TRANSITION_SCHEMA,
  id: `app/1/${n}/10`,
  pair: 'app',
  namespace: 'web',
  from: 'ARMED',
  to: 'SUSPECT',
  row: 10,
  on: 'suspected',
  because: 'one witness is not an outage',
  epoch: 1,
  active: 'primary',
  writer: 'app-a',
  atMs: 1_000 * n,
  source: 'prober',
  provenance: 'measured',
});

export function transitionsContract(name: string, make: () => MadeTransitions | Promise<MadeTransitions>): void {
  describe(`${name} keeps the contract of transitions`, () => {
    test('every event arrives as it was put, in order, however many there are', () =>
      using(make, async ({ transitions, arrived }) => {
        const events = Array.from({ length: 11 }, (_, n) => transitionOf(n));
        await transitions.put(events);
        expect(arrived()).toEqual(events);
      }));

    test('fails when the bus refuses an event, with the reason', () =>
      using(make, async ({ transitions, arrived, refuse }) => {
        refuse();
        await expect(transitions.put([transitionOf(1)])).rejects.toThrow('the bus is out of order');
        expect(arrived()).toEqual([]);
      }));
  });
}
