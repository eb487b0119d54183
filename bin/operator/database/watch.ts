import type { DatabaseRegistration } from '../../../lib/contracts/database';
import type { PairRegistration } from '../../../lib/contracts/registration';
import { lossText } from '../../../lib/decide/database/replica';
import type { DatabaseRun, DatabaseState, EndedRun } from '../../../lib/decide/database/state';
import { SsmDatabaseRegistry } from '../../../lib/runtime/adapters/database/ssm-database-registry';
import { runProgress } from '../../../lib/runtime/drive/operator/database/progress';
import { type RunEnd, watchRun } from '../../../lib/runtime/drive/operator/database/watch';
import { shownMs } from '../duration';
import { CommandFailure, cannotReach, EXIT } from '../failure';
import { type Colours, interrupt, type Shell } from '../shell';
import { type Ending, type Progress, tellerFor } from '../tellers';
import type { Ordered } from './pair';
import { runTable, wrapped } from './text';

export const RUN_SCHEMA = 'cdk-failover.run-progress/1';

/** @returns the exit code that the end of the run asks for */
export async function followRun(
  { aws, registration }: Ordered,
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
          tell: (state, run, atMs) => teller.tell(progress(registration, paced, state, run, atMs)),
        },
        { journal: aws.journalOf(namespace), time: aws.time },
      ),
      stop.code,
    ]);
    if (typeof end === 'number') {
      throw new CommandFailure(end, 'no longer watching; the run goes on', `Watch it again: failover watch ${pair}`);
    }
    return codeOf(end, pair, aws.region, (ending) => teller.end(ending));
  } finally {
    stop.off();
  }
}

function codeOf(end: RunEnd, pair: string, region: string, tell: (ending: Ending) => void): number {
  switch (end.kind) {
    case 'ended':
      tell(endingOf(end.run, pair));
      return end.run.outcome === 'done' ? EXIT.ok : EXIT.notOk;
    case 'stuck':
      tell(stuck(end.run));
      throw new CommandFailure(
        EXIT.notOk,
        `${end.run.id} is stuck: ${(end.run.stuckBecause ?? ['it does not say why']).join('; ')}`,
        `Mend that, then: failover adopt ${pair} --epoch ${end.run.epoch} --region ${region}\nOr finish by hand: failover runbook ${pair} --region ${region}`,
      );
    case 'nothing':
      throw new CommandFailure(EXIT.notOk, end.because, `"failover status --pair ${pair}" shows the pair.`);
    case 'unreachable':
      throw cannotReach(`the journal of ${pair} cannot be read`, end.because);
    case 'left':
      return EXIT.interrupted;
  }
}

type Known = Pick<DatabaseRegistration, 'fences'> | { readonly fences: readonly unknown[] };

function progress(
  { pair }: PairRegistration,
  database: { readonly kind: string } & Known,
  { state }: DatabaseState,
  run: DatabaseRun,
  atMs: number,
): Progress {
  const steps = runProgress(run, database, atMs);
  const { id, kind, epoch, startedBy, startedAtMs, candidate, loss, fence, asked } = run;
  const waits = state === 'AWAITING_CONSENT' && asked ? approveCommand(pair, epoch, asked.lossMs) : undefined;
  const beyond = run.promoteRequested ? 'no way back' : run.rollback ? 'being undone' : 'can still be undone';
  return {
    head: (paint) =>
      `${paint.strong(id)} (${kind}) for ${shownMs(Math.round((atMs - startedAtMs) / 1000) * 1000)}, by ${startedBy}; ${state}, ${beyond}`,
    steps,
    below: [
      ...(candidate ? [`${candidate}, loss ${loss ? lossText(loss) : 'unknown'}, fence ${fence ?? 'none'}`] : []),
      ...(waits ? [`waits for consent: ${waits}`] : []),
      ...(run.rollback?.because ?? steps.findLast((line) => line.because)?.because ?? []),
    ].flatMap((text) => wrapped(text, 76)),
    document: {
      run: { id, kind, epoch, startedBy, startedAtMs, ...(candidate ? { candidate } : {}), ...(loss ? { loss } : {}) },
      state,
      promotionRequested: run.promoteRequested !== undefined,
      rollingBack: run.rollback !== undefined,
      ...(waits ? { waitsForConsent: { lossMs: asked?.lossMs, command: waits } } : {}),
    },
    atMs,
  };
}

const approveCommand = (pair: string, epoch: number, lossMs: number) =>
  `failover approve ${pair} --epoch ${epoch} --loss-ms ${lossMs}`;

const endingOf = (run: EndedRun, pair: string): Ending => ({
  text: (paint: Colours) =>
    `${run.id} (${run.kind}) ended: ${(run.outcome === 'done' ? paint.good : paint.bad)(run.outcome)}.\n${run.because
      .flatMap((text) => wrapped(text, 76))
      .map((text) => `  ${text}\n`)
      .join(
        '',
      )}${run.outcome === 'done' && run.kind !== 'failback' ? `Next: failover runbook ${pair}, part "Afterwards".\nThe pair has no standby until that is done.\n` : ''}`,
  document: { kind: 'ended', atMs: run.endedAtMs, run },
});

const stuck = (run: DatabaseRun): Ending => ({
  text: () => '',
  document: { kind: 'stuck', run: { id: run.id, kind: run.kind, epoch: run.epoch }, because: run.stuckBecause ?? [] },
});
