/**
 * The machine that Step Functions gets and the loop that lab and command line walk are made from one plan. Here both
 * carry the same steps through the same histories of faults: whatever happens, they must call the same things in the same
 * order, at the same time, and end in the same journal.
 */
import fc from 'fast-check';
import type { DatabaseStepInput, DatabaseStepOutput } from '../../../lib/contracts/database';
import { databaseMachine } from '../../../lib/decide/database/machine';
import { AslError, type AslMachine, HISTORY_EVENTS_MAX, walk } from '../../../lib/lab/aws';
import { approve } from '../../../lib/runtime/drive/database/orders';
import { runPlan } from '../../../lib/runtime/drive/database/walk';
import { DatabaseProcess } from '../../fakes/database/process';
import { carryIn, outage } from '../../fakes/database/run';
import { DatabaseWorld } from '../../fakes/database/world';

const seed = Number(process.env.SEED ?? 20261120);
const machine = databaseMachine('arn:aws:lambda:eu-central-1:111111111111:function:step') as unknown as AslMachine;

interface History {
  /** The n-th call of a port kills the process that makes it, counted over the whole run. */
  readonly deaths: readonly { readonly call: number; readonly phase: 'before' | 'after' }[];
  /** From this call on every process dies, until the second one is reached. */
  readonly dark?: { readonly from: number; readonly to: number };
  readonly orders: readonly { readonly kind: 'ambiguous' | 'throttled' | 'denied'; readonly effect: boolean }[];
  readonly latchMs: number;
  readonly promoteMs: number;
  readonly standbyUp: boolean;
  readonly consent: 'any' | 'never';
  /** Seconds after the start at which something changes. */
  readonly primaryBackSec?: number;
  readonly deafSec?: number;
  readonly pausedSec?: number;
  readonly approvedSec?: number;
  /** A person took the pair off this run. */
  readonly supersededSec?: number;
}

const CALM: History = { deaths: [], orders: [], latchMs: 0, promoteMs: 8_000, standbyUp: true, consent: 'any' };

const histories: fc.Arbitrary<History> = fc.record(
  {
    deaths: fc.array(fc.record({ call: fc.nat(160), phase: fc.constantFrom('before' as const, 'after' as const) }), {
      maxLength: 8,
    }),
    dark: fc.record({ from: fc.nat(120), to: fc.integer({ min: 1, max: 260 }) }),
    orders: fc.array(
      fc.record({ kind: fc.constantFrom('ambiguous' as const, 'throttled' as const, 'denied' as const), effect: fc.boolean() }),
      { maxLength: 3 },
    ),
    latchMs: fc.constantFrom(0, 4_000, 60_000, 400_000),
    promoteMs: fc.constantFrom(8_000, 180_000, 4_000_000),
    standbyUp: fc.constantFrom(true, true, true, false),
    consent: fc.constantFrom('any' as const, 'any' as const, 'never' as const),
    primaryBackSec: fc.nat(400),
    deafSec: fc.nat(400),
    pausedSec: fc.nat(200),
    approvedSec: fc.nat(300),
    supersededSec: fc.nat(2_000),
  },
  {
    requiredKeys: ['deaths', 'orders', 'latchMs', 'promoteMs', 'standbyUp', 'consent'],
  },
);

interface Told {
  readonly calls: readonly string[];
  readonly end: string;
  readonly journal: string;
  readonly orders: readonly string[];
  readonly tookMs: number;
}

/** Largest history of an execution that any test here made. */
let longestHistory = 0;

async function play(history: History, by: 'loop' | 'machine'): Promise<Told> {
  const world = new DatabaseWorld({ dataLoss: { kind: history.consent } });
  world.latchMs = history.latchMs;
  world.promoteMs = history.promoteMs;
  world.standby.web = history.standbyUp;
  for (const { kind, effect } of history.orders) {
    const because = kind;
    world.answers.push({
      effect: effect && kind === 'ambiguous',
      answer: kind === 'ambiguous' ? { kind, because } : { kind: 'refused', because, retryable: kind === 'throttled' },
    });
  }
  const run = await outage(world);
  const at = (sec: number | undefined, act: () => void) => {
    if (sec !== undefined) void world.time.sleep(sec * 1_000).then(act);
  };
  at(history.primaryBackSec, () => {
    world.primary = { ...world.primary, web: true, database: true, reachable: true };
  });
  at(history.deafSec, () => {
    world.deaf = true;
    void world.time.sleep(90_000).then(() => {
      world.deaf = 'over';
    });
  });
  at(history.pausedSec, () => {
    const item = world.journal.peek('app');
    if (item) world.journal.put({ ...item, pausedUntilMs: world.time.nowMs() + 3_600_000 });
  });
  at(history.supersededSec, () => {
    const item = world.journal.peek('app');
    if (item) world.journal.put({ ...item, epoch: item.epoch + 1 });
  });
  at(history.approvedSec, () => {
    const order = { pair: 'app', by: 'ann', epoch: run.epoch, lossMs: 60_000 };
    void approve(order, new DatabaseProcess(world).ports());
  });

  let made = 0;
  const carry = carryIn(world, (_call, phase) => {
    if (phase === 'before') made += 1;
    const inTheDark = history.dark !== undefined && made > history.dark.from && made <= history.dark.to;
    return inTheDark || history.deaths.some((d) => d.call === made && d.phase === phase) ? 'die' : 'live';
  });
  const calls: string[] = [];
  const noted = async (input: DatabaseStepInput): Promise<DatabaseStepOutput> => {
    const { step } = input;
    try {
      const answer = await carry(input);
      calls.push(`${step} ${answer.verdict}`);
      return answer;
    } catch (error) {
      calls.push(`${step} died`);
      throw error;
    }
  };
  const input = { pair: 'app', run: run.id, epoch: run.epoch };
  const beganMs = world.time.nowMs();
  const end =
    by === 'loop'
      ? (await world.time.run(runPlan(input, noted, world.time))).end
      : await world.time.run(walkMachine(world, input, noted));
  const journal = JSON.stringify(world.journal.peek('app'));
  return { calls, end, journal, orders: world.orders, tookMs: world.time.nowMs() - beganMs };
}

/** As Step Functions calls Lambda: what throws is an error with a name, and the state that ends says how it ended. */
async function walkMachine(
  world: DatabaseWorld,
  input: Omit<DatabaseStepInput, 'step'>,
  carry: (input: DatabaseStepInput) => Promise<DatabaseStepOutput>,
): Promise<string> {
  let last = '';
  const end = await walk(machine, input, {
    time: world.time,
    task: async (_resource, parameters) => {
      const { Payload } = parameters as { readonly Payload: DatabaseStepInput };
      try {
        return { Payload: await carry(Payload), StatusCode: 200 };
      } catch (error) {
        throw new AslError('Error', (error as Error).message);
      }
    },
    entered: (state) => {
      last = state;
    },
    recorded: (events) => {
      longestHistory = Math.max(longestHistory, events);
    },
    context: {},
  });
  return end.status === 'SUCCEEDED' ? last : end.error === 'Stuck' ? 'stuck' : `${end.error}: ${end.cause}`;
}

describe('the rendered machine and the loop', () => {
  test('call the same steps, get the same answers and leave the same journal, whatever history they meet', async () => {
    const ends = new Map<string, number>();
    let deaths = 0;
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const [loop, rendered] = [await play(history, 'loop'), await play(history, 'machine')];
        expect(rendered).toEqual(loop);
        ends.set(loop.end, (ends.get(loop.end) ?? 0) + 1);
        deaths += loop.calls.filter((call) => call.endsWith('died')).length;
      }),
      { seed, numRuns: 150 },
    );
    // Otherwise the histories would not be worth their name.
    expect([...ends.keys()].sort()).toEqual(expect.arrayContaining(['done', 'lost', 'rolled_back', 'stuck']));
    expect(deaths).toBeGreaterThan(100);
  });

  test('fit into the history of an execution, though a person takes an hour and the service another', async () => {
    const slow: History = { ...CALM, consent: 'never', approvedSec: 3_500, promoteMs: 3_500_000, latchMs: 280_000 };
    const [loop, rendered] = [await play(slow, 'loop'), await play(slow, 'machine')];
    expect([rendered, loop.end]).toEqual([loop, 'done']);
    expect(longestHistory).toBeLessThan(HISTORY_EVENTS_MAX / 2);
  });

  test('both end where somebody is told when a step can never be carried', async () => {
    const history: History = { ...CALM, dark: { from: 0, to: 100_000 } };
    const [loop, rendered] = [await play(history, 'loop'), await play(history, 'machine')];
    expect(rendered).toEqual(loop);
    expect([loop.end, new Set(loop.calls)]).toEqual(['stuck', new Set(['acquire died', 'undo_latch died'])]);
  });
});
