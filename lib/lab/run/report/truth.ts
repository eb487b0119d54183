import type { Lab } from '../lab';
import { RECORD } from '../setting';

export interface TrueMarks {
  readonly detectedMs?: number;
  readonly switchedMs?: number;
  readonly returnedMs?: number;
}

/** The same marks out of the world's own log: the name servers' answers, not what anybody saw of them. */
export function truthOf(lab: Lab, sinceMs: number): TrueMarks {
  const { truth, nameServers, sites } = lab.world;
  const answers = (name: string, sinceWhen: number, value: (values: readonly string[]) => boolean) =>
    truth.all('answer-changed', (event) => event.name.replace(/\.$/, '') === name && value(event.values), sinceWhen);
  const all = (address: string, sinceWhen: number) => {
    const changes = answers(RECORD, sinceWhen, (values) => values.includes(address));
    const last = nameServers.map((server) => changes.find((event) => event.server === server)?.atMs);
    return last.includes(undefined) ? undefined : Math.max(...(last as number[]));
  };
  const switchedMs = all(sites.standby.address, sinceMs);
  return {
    detectedMs: answers(lab.pair.beacons.primary, sinceMs, (values) => values.some((text) => text.includes('unhealthy')))[0]
      ?.atMs,
    switchedMs,
    returnedMs: switchedMs === undefined ? undefined : all(sites.primary.address, switchedMs),
  };
}
