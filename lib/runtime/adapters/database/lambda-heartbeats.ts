import type { DatabaseMember, DatabaseRegistration, HeartbeatRequest } from '../../../contracts/database';
import type { Functions, Unknown } from '../../ports';
import type { HeartbeatReading, Heartbeats } from '../../ports/database';

/** Asks the reader inside the standby's VPC. */
export class LambdaHeartbeats implements Heartbeats {
  public constructor(private readonly functions: Functions) {}

  public async read(registration: DatabaseRegistration, member: DatabaseMember): Promise<HeartbeatReading | Unknown> {
    const { heartbeat, source, pair } = registration;
    if (!heartbeat) return { kind: 'unknown', because: 'no heartbeat reader is registered' };
    const request: HeartbeatRequest = { pair, member, writer: source };
    const said = await this.functions.invoke(heartbeat.readerFunction, request);
    return said.kind === 'failed' ? { kind: 'unknown', because: said.because } : readingIn(said.answer);
  }
}

function readingIn(answer: unknown): HeartbeatReading | Unknown {
  const said = (answer ?? {}) as Partial<HeartbeatReading> & { readonly because?: unknown };
  const { rowAtMs, rowEpoch, unchangedForMs, writerAnswers } = said;
  if (said.kind === 'heartbeat' && [rowAtMs, rowEpoch, unchangedForMs].every(Number.isFinite)) {
    if (writerAnswers === true || writerAnswers === false || writerAnswers === 'unknown') {
      const { excess, ...reading } = said as HeartbeatReading;
      const bounded = excess && Array.isArray(excess.ms) && [excess.agoMs, excess.doubtMs, ...excess.ms].every(Number.isFinite);
      return bounded ? { ...reading, excess } : reading;
    }
  }
  const because = typeof said.because === 'string' ? said.because : `the reader answered ${JSON.stringify(answer)}`;
  return { kind: 'unknown', because };
}
