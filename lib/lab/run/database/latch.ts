/** The latch of a pair in the lab's zone: checks that follow alarms, and calculated ones, as the constructs render them. */
import { compile, type LatchTerm, latchBeacons, PRIMARY_ALLOWED, STANDBY_ALLOWED, verdictOf } from '../../../decide/latch';
import { absolute, batchErrorText } from '../../../decide/route53';
import { beaconRecords, type PairInWorld, type SiteName, type World } from '../../world';
import { RECORD } from '../setting';

export const DERIVED = {
  notLatched: 'lab-not-latched',
  primaryAllowed: 'lab-primary-allowed',
  standbyAllowed: 'lab-standby-allowed',
} as const;

/** What it means when such a check turns healthy, and unhealthy. */
export const DERIVED_WORDS: Readonly<Record<string, readonly [string, string]>> = {
  [DERIVED.notLatched]: ['the primary is not latched out any more', 'the primary is latched out'],
  [DERIVED.primaryAllowed]: ['the primary may be answered', 'the primary may not be answered'],
  [DERIVED.standbyAllowed]: ['the standby may be answered', 'the standby may not be answered'],
};

export interface Latched {
  /** The alarm of the latch or of the hold turned. */
  turn(what: 'latch' | 'hold', on: boolean): void;
}

/** Puts the calculated checks behind the pair's records, and a beacon on each verdict. */
export function latchPair(world: World, pair: PairInWorld): Latched {
  const on = { latch: false, hold: false };
  const { healthChecks, truth, zone } = world;
  const endpoint = (site: SiteName) => healthChecks.healthy(pair.checks[site]) ?? true;
  const holds = (site: SiteName): Readonly<Record<LatchTerm, boolean>> => ({
    endpoint: endpoint(site),
    hold: on.hold,
    'not-latched': !on.latch,
    latched: on.latch,
  });
  const allowed = { primary: compile(PRIMARY_ALLOWED), standby: compile(STANDBY_ALLOWED) };
  const says = (site: SiteName) => verdictOf(allowed[site], ({ term }) => holds(site)[term as LatchTerm]);
  const settle = () => {
    healthChecks.derive(DERIVED.notLatched, !on.latch);
    healthChecks.derive(DERIVED.primaryAllowed, says('primary'));
    healthChecks.derive(DERIVED.standbyAllowed, says('standby'));
  };
  settle();
  truth.on((event) => {
    if (event.kind === 'check-turned' && Object.values(pair.checks).includes(event.check)) settle();
  });
  const beacons = latchBeacons(RECORD);
  const changed = zone.change([
    ...zone.records
      .filter(({ name, type }) => name === absolute(RECORD) && type === 'A')
      .map((record) => ({
        action: 'UPSERT' as const,
        record: {
          ...record,
          healthCheckId: record.failover === 'PRIMARY' ? DERIVED.primaryAllowed : DERIVED.standbyAllowed,
        },
      })),
    ...beaconRecords(beacons.latch, DERIVED.notLatched),
    ...beaconRecords(beacons.primaryAllowed, DERIVED.primaryAllowed),
    ...beaconRecords(beacons.standbyAllowed, DERIVED.standbyAllowed),
  ]);
  if (changed.kind === 'refused') throw new Error(`${changed.code}: ${batchErrorText(changed.messages)}`);
  return {
    turn: (what, is) => {
      on[what] = is;
      settle();
    },
  };
}
