import type { DatabaseRegistration } from '../../../lib/contracts/database';
import { expectedTotal } from '../../../lib/decide/database/expected';
import { lossText } from '../../../lib/decide/database/replica';
import type { DatabaseRun, DatabaseState, EndedRun } from '../../../lib/decide/database/state';
import { SsmDatabaseRegistry } from '../../../lib/runtime/adapters/database/ssm-database-registry';
import { runProgress } from '../../../lib/runtime/drive/operator/database/progress';
import { type RunEnd, watchRun } from '../../../lib/runtime/drive/operator/database/watch';
import { shownMs } from '../duration';
import { CommandFailure, cannotReach, EXIT } from '../failure';
import { type Colours, interrupt, type Shell } from '../shell';
import { type Ending, type Progress, tellerFor } from '../tellers';
import { wrapped } from '../wrap';
import type { Ordered } from './pair';
import { runTable, timesText } from './text';

export const RUN_SCHEMA = 'cdk-failover.run-progress/1';

/** @returns the exit code that the end of the run asks for */
export async function followRun(
  { aws, registration, named }: Ordered,
  { epoch, json }: { readonly epoch?: number; readonly json: boolean },
  shell: Shell,
): Promise<number> {
  const { pair, namespace } = registration;
  const database = await new SsmDatabaseRegistry(aws.namesOf(namespace).registryPath).database(pair);
  if (database.kind === 'unknown') throw cannotReach(`the database of ${pair} cannot be read`, database.because);
  const paced = database.kind === 'none' ? { kind: 'none', fences: [] } : database;
  const stop = interrupt();
  const teller = tellerFor({ json, schema: RUN_SCHEMA, table: runTable }, shell);
  try {
    const end = await Promise.race([
      watchRun(
        {
          pair,
          ...(epoch === undefined ? {} : { epoch }),
          open: () => !stop.asked(),
          tell: (state, run, atMs) => teller.tell(progress(named, paced, state, run, atMs)),
        },
        { journal: aws.journalOf(namespace), time: aws.time },
      ),
      stop.code,
    ]);
    if (typeof end === 'number') {
      throw new CommandFailure(end, 'no longer watching; the run goes on', `Watch it again: failover watch ${named}`);
    }
    return codeOf(end, { pair, named }, (ending) => teller.end(ending));
  } finally {
    stop.off();
  }
}

function codeOf(end: RunEnd, { pair, named }: Named, tell: (ending: Ending) => void): number {
  switch (end.kind) {
    case 'ended':
      tell(endingOf(end.run, named));
      return end.run.outcome === 'done' ? EXIT.ok : EXIT.notOk;
    case 'stuck':
      tell(stuck(end.run));
      throw new CommandFailure(
        EXIT.notOk,
        `${end.run.id} is stuck: ${(end.run.stuckBecause ?? ['it does not say why']).join('; ')}`,
        `Mend that, then: failover adopt ${named} --epoch ${end.run.epoch}\nOr finish by hand: failover runbook ${named}`,
      );
    case 'nothing':
      throw new CommandFailure(EXIT.notOk, end.because, `"failover status --pair ${named}" shows the pair.`);
    case 'unreachable':
      throw cannotReach(`the journal of ${pair} cannot be read`, end.because);
    case 'left':
      return EXIT.interrupted;
  }
}

type Named = Pick<Ordered, 'named'> & { readonly pair: string };
type Known = Pick<DatabaseRegistration, 'fences'> | { readonly fences: readonly unknown[] };

function progress(
  named: string,
  database: { readonly kind: string } & Known,
  { state }: DatabaseState,
  run: DatabaseRun,
  atMs: number,
): Progress {
  const steps = runProgress(run, database, atMs);
  const { id, kind, epoch, startedBy, startedAtMs, candidate, loss, fence, asked } = run;
  const waits = state === 'AWAITING_CONSENT' && asked ? consentCommand(named, epoch, asked.lossMs) : undefined;
  const takes = run.rollback ? undefined : expectedTotal(database, kind);
  const beyond = run.promoteRequested ? 'no way back' : run.rollback ? 'being undone' : 'can still be undone';
  return {
    head: (paint) =>
      `${paint.strong(id)} (${kind}) for ${shownMs(Math.round((atMs - startedAtMs) / 1000) * 1000)}; ${state}, ${beyond}`,
    steps,
    below: [
      `ordered by ${startedBy}${takes ? `; in all it should take ${timesText(takes)}, when nobody has to be asked` : ''}`,
      ...(candidate ? [`${candidate}, loss ${loss ? lossText(loss) : 'unknown'}, fence ${fence ?? 'none'}`] : []),
      ...(waits ? [`waits for consent: ${waits}`] : []),
      ...(run.rollback?.because ?? steps.findLast((line) => line.because)?.because ?? []),
    ].flatMap((text) => wrapped(text, 76)),
    document: {
      run: { id, kind, epoch, startedBy, startedAtMs, ...(candidate ? { candidate } : {}), ...(loss ? { loss } : {}) },
      state,
      ...(takes ? { takes } : {}),
      promotionRequested: run.promoteRequested !== undefined,
      rollingBack: run.rollback !== undefined,
      ...(waits ? { waitsForConsent: { lossMs: asked?.lossMs, command: waits } } : {}),
    },
    atMs,
  };
}

export const consentCommand = (named: string, epoch: number, lossMs: number) =>
  `failover approve ${named} --epoch ${epoch} --loss-ms ${lossMs}`;

const endingOf = (run: EndedRun, named: string): Ending => ({
  text: (paint: Colours) =>
    `${run.id} (${run.kind}) ended: ${(run.outcome === 'done' ? paint.good : paint.bad)(run.outcome)}.\n${run.because
      .flatMap((text) => wrapped(text, 76))
      .map((text) => `  ${text}\n`)
      .join(
        '',
      )}${run.outcome === 'done' && run.kind !== 'failback' ? `The pair has no standby now. How to get one back, part "Afterwards": failover runbook ${named}\n` : ''}`,
  document: { kind: 'ended', atMs: run.endedAtMs, run },
});

const stuck = (run: DatabaseRun): Ending => ({
  text: () => '',
  document: { kind: 'stuck', run: { id: run.id, kind: run.kind, epoch: run.epoch }, because: run.stuckBecause ?? [] },
});
