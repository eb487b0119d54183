/** Failed direct probes of the standby in a row that end a drill. */
export const STANDBY_FAILS = 3;
/** Reads of the abort alarms in a row that may fail. */
export const ALARM_BLIND_READS = 3;
/** A hole in the sampling that no slow answer explains: the clock jumped, or the process stood still. */
export const JUMP_MS = 10_000;

export interface AbortFacts {
  readonly fault: 'healthCheckPath' | 'functions' | 'metric';
  readonly standbyBeacon?: 'healthy' | 'unhealthy' | 'unknown';
  readonly standbyFails: number;
  /** Why the primary's own direct probe failed, if the last one did. */
  readonly primaryBad?: string;
  /** Route 53 on the primary's own health; only for a fault that leaves it alone. */
  readonly primaryBeacon?: 'healthy' | 'unhealthy' | 'unknown';
  readonly abortAlarmsOn: readonly string[];
  readonly alarmBlindReads: number;
  /** From the journal: an operator, a restore, the deadline. */
  readonly stop?: string;
  readonly largestGapMs: number;
  readonly limitReached: boolean;
}

export interface Abort {
  readonly because: string;
  /** The primary itself failed: the drill yields, and people are told at once. */
  readonly realOutage: boolean;
}

/** Every reason to end a measurement early; the first that counts. */
export function abortReason(facts: AbortFacts): Abort | undefined {
  // A fault of the user's own functions breaks the primary by design; the others never do.
  if (facts.fault !== 'functions' && facts.primaryBad !== undefined) {
    return { because: `the primary itself does not answer: ${facts.primaryBad}; this may be a real outage`, realOutage: true };
  }
  // A drill by metric says nothing of the primary, so whoever does means it.
  if (facts.fault === 'metric' && facts.primaryBeacon === 'unhealthy') {
    return { because: 'Route 53 calls the primary itself unhealthy; this may be a real outage', realOutage: true };
  }
  const calm = (because: string): Abort => ({ because, realOutage: false });
  if (facts.stop !== undefined) return calm(facts.stop);
  if (facts.standbyBeacon === 'unhealthy') return calm('Route 53 calls the standby unhealthy');
  if (facts.standbyFails >= STANDBY_FAILS) return calm(`${facts.standbyFails} direct probes of the standby failed in a row`);
  if (facts.abortAlarmsOn.length > 0) return calm(`alarm ${facts.abortAlarmsOn.join(', ')} is on`);
  if (facts.alarmBlindReads >= ALARM_BLIND_READS) return calm('the alarms that would stop the drill cannot be read');
  if (facts.largestGapMs > JUMP_MS)
    return calm(`nothing was seen for ${facts.largestGapMs} ms by the clock, which may have jumped`);
  if (facts.limitReached) return calm('the time limit for measuring was reached');
  return undefined;
}
