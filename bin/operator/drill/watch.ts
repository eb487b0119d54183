import type { PairRegistration } from '../../../lib/contracts/registration';
import { drillIdOf } from '../../../lib/decide/drill/ids';
import type { EndedDrill, RunningDrill } from '../../../lib/decide/journal';
import { SystemTime } from '../../../lib/runtime/adapters/system';
import { expectedDrill, progressOf } from '../../../lib/runtime/drive/operator/progress';
import { type WatchEnd, watchDrill } from '../../../lib/runtime/drive/operator/watch';
import { COMMON, read } from '../arguments';
import { CommandFailure, cannotReach, EXIT } from '../failure';
import { type Colours, interrupt, type Shell } from '../shell';
import { type Ending, type Progress, type Teller, tellerFor } from '../tellers';
import { type Drilled, drilled, drillId } from './pair';
import { stepTable } from './text';

const COMMAND = 'drill watch';
const OPTIONS = { ...COMMON, id: { type: 'string' } } as const;
export const WATCH_SCHEMA = 'cdk-failover.drill-progress/1';

export async function drillWatch(args: readonly string[], shell: Shell): Promise<number> {
  const { values, positionals } = read(COMMAND, args, OPTIONS, 1);
  const found = await drilled(COMMAND, positionals, values);
  const id = drillId(COMMAND, found.registration.pair, values.id);
  return followDrill(found, { id, json: values.json ?? false }, shell);
}

interface Wanted {
  readonly id?: string;
  readonly json: boolean;
}

/** @returns the exit code that the drill's verdict asks for */
export async function followDrill({ aws, registration, named }: Drilled, { id, json }: Wanted, shell: Shell): Promise<number> {
  const { pair, namespace } = registration;
  const time = new SystemTime();
  const stop = interrupt();
  const teller = tellerFor({ json, schema: WATCH_SCHEMA, table: stepTable }, shell);
  try {
    const end = await Promise.race([
      watchDrill(
        {
          pair,
          id: id === undefined ? undefined : drillIdOf(pair, id),
          open: () => !stop.asked(),
          tell: (drill, atMs) => teller.tell(progress(drill, registration, atMs)),
        },
        { journal: aws.journalOf(namespace), time },
      ),
      stop.code,
    ]);
    if (typeof end === 'number') {
      throw new CommandFailure(end, 'no longer watching; the drill goes on', `"failover drill abort ${named}" ends it.`);
    }
    return codeOf(end, { pair, named }, teller);
  } finally {
    stop.off();
  }
}

function codeOf(end: WatchEnd, { pair, named }: { readonly pair: string; readonly named: string }, teller: Teller): number {
  switch (end.kind) {
    case 'ended':
      teller.end(ending(end.drill, named));
      return end.drill.verdict === 'passed' ? EXIT.ok : EXIT.notOk;
    case 'nothing':
      throw new CommandFailure(EXIT.notOk, end.because, `Start one with "failover drill start ${named}".`);
    case 'stuck':
      throw new CommandFailure(
        EXIT.notOk,
        end.because,
        `"failover status --pair ${named}" shows the pair; docs/drill.md says how to restore by hand.`,
      );
    case 'unreachable':
      throw cannotReach(`the journal of ${pair} cannot be read`, end.because);
    case 'left':
      return EXIT.interrupted;
  }
}

function progress(drill: RunningDrill, registration: PairRegistration, atMs: number): Progress {
  const { id, level, startedAtMs, deadlineMs, stopRequested = false } = drill;
  const sec = (ms: number) => `${(ms / 1000).toFixed(0)} s`;
  const left = deadlineMs - atMs;
  const takes = level === 'TRAFFIC' ? expectedDrill(registration) : undefined;
  const steps = progressOf(drill, registration, atMs);
  const end = (paint: Colours) =>
    left > 0 ? `put back in ${sec(left)} at the latest` : paint.bad('past its deadline: schedule and keeper put it back');
  return {
    head: (paint) =>
      `${paint.strong(id)} (${level}) for ${sec(atMs - startedAtMs)}; ${end(paint)}${stopRequested ? paint.doubt('; told to stop') : ''}`,
    steps,
    below: [
      ...(takes ? [`should take ${takes.typicalSec} to ${takes.worstSec} s (${takes.provenance}) in all`] : []),
      ...steps.flatMap((line) => line.because ?? []),
    ],
    document: { drill: { id, level, startedAtMs, deadlineMs, stopRequested }, ...(takes ? { takes } : {}) },
    atMs,
  };
}

function ending({ id, level, verdict, endedAtMs }: EndedDrill, named: string): Ending {
  return {
    text: (paint) =>
      `Drill ${id} ended: ${(verdict === 'passed' ? paint.good : paint.bad)(verdict)}.\nIts report: failover drill report ${named} --id ${id}\n`,
    document: { kind: 'ended', atMs: endedAtMs, drill: { id, level }, verdict },
  };
}
