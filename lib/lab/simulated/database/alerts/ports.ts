/** The pager's ports on the simulated alert path. */
import type { PagerAnswer } from '../../../../decide/alert';
import type { JournalItem } from '../../../../decide/journal';
import type { PagerPorts } from '../../../../runtime/drive/pager';
import type { Unknown } from '../../../../runtime/ports';
import type { Invocation } from '../invocation';
import type { Alarm } from './alarm';
import type { AlertPath } from './path';

const fail = (because: string): never => {
  throw new Error(because);
};
const THROWS = { throttled: () => fail('ThrottlingException'), lost: () => fail('TimeoutError') };
const unknown = (because: string): Unknown => ({ kind: 'unknown', because });
const UNKNOWN = { throttled: () => unknown('throttled'), lost: () => unknown('timed out') };

export function pagerPorts(path: AlertPath, invocation: Invocation): PagerPorts {
  const { scheduler, queue } = path;
  const call = invocation.call.bind(invocation);
  let askedMs: number | undefined;
  const asked = <T>(answer: T): T => {
    askedMs = scheduler.nowMs();
    return answer;
  };
  const unheard = <T>(answer: T): T => {
    path.excused += 1;
    return answer;
  };
  return {
    time: { nowMs: () => scheduler.nowMs() },
    chance: { uniform: path.uniform },
    keys: { read: () => call<{ kind: 'key'; key: string } | Unknown>('keys.read', () => ({ kind: 'key', key: 'k' }), UNKNOWN) },
    pagerDuty: {
      post: (_endpoint, event) => {
        const since = askedMs ?? scheduler.nowMs();
        askedMs = undefined;
        const arrive = () => path.post(scheduler.nowMs() > since ? unheard(event) : event);
        return call<PagerAnswer>('pagerDuty.post', arrive, {
          throttled: () => ({ kind: 'status', status: 429, body: 'rate limit', retryAfterSec: 30 }),
          lost: () => ({ kind: 'network', because: 'timed out' }),
        });
      },
    },
    queue: {
      delay: (receipt, sec) => call<void>('queue.delay', () => queue.delay(receipt, sec), THROWS),
      bury: (message, because) => call<void>('queue.bury', () => void queue.dead.push({ message, because }), THROWS),
    },
    alarms: {
      states: (_region, names) =>
        call<Readonly<Record<string, Alarm>> | Unknown>(
          'alarms.states',
          () => Object.fromEntries(names.map((name) => [name, path.alarmState()])),
          { throttled: () => unheard(unknown('throttled')), lost: () => unheard(unknown('timed out')) },
        ),
    },
    journal: {
      read: (pair) =>
        call<JournalItem | undefined>('journal.read', () => asked(path.journal(pair)), {
          throttled: () => fail(unheard('ThrottlingException')),
          lost: () => fail(unheard('TimeoutError')),
        }),
    },
    metrics: { publish: () => undefined },
    log: { info: () => undefined, error: () => undefined },
  };
}
