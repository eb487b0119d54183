/** `failover failover`, `switchover` and `failback`: what changes who writes. */

import type { OrderPorts, StartAnswer, StartOrder } from '../../../lib/runtime/drive/database/orders';
import { type Foresight, foresee, type Intent, type OrderKind } from '../../../lib/runtime/drive/operator/database/foresee';
import { COMMON, read } from '../../operator/arguments';
import { confirmed, requester } from '../../operator/confirm';
import { ORDER_HELPS } from '../../operator/database/help';
import { told } from '../../operator/database/note';
import { databasePair, type Ordered } from '../../operator/database/pair';
import { foresightText } from '../../operator/database/text';
import { followRun } from '../../operator/database/watch';
import { durationMs } from '../../operator/duration';
import { CommandFailure, cannotReach, EXIT, nextFor, usage } from '../../operator/failure';
import { Colours, type Shell } from '../../operator/shell';
import { onItsWay } from '../../operator/uninterrupted';

const OPTIONS = {
  ...COMMON,
  'yes-i-mean': { type: 'string' },
  'accept-loss': { type: 'string' },
  force: { type: 'string' },
  'writes-stopped': { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  watch: { type: 'boolean' },
} as const;

/** What each order takes besides; the others say which order it is for. */
const ONLY: Readonly<Record<'accept-loss' | 'force' | 'writes-stopped', readonly OrderKind[]>> = {
  'accept-loss': ['failover', 'failback', 'switchover'],
  force: ['failover'],
  'writes-stopped': ['switchover', 'failback'],
};

type Values = ReturnType<typeof parsed>['values'];
const parsed = (kind: OrderKind, args: readonly string[]) => read(kind, args, OPTIONS, 1);

export async function orderCommand(kind: OrderKind, args: readonly string[], shell: Shell): Promise<number> {
  const { values, positionals } = parsed(kind, args);
  if (values.help) {
    shell.write(ORDER_HELPS[kind]);
    return EXIT.ok;
  }
  const wanted = intentOf(kind, values);
  const found = await databasePair(kind, positionals[0], values);
  const { pair } = found.registration;
  const { orderPorts } = await import('../../operator/database/ports');
  const ports = await orderPorts(found.aws, found.registration);
  const intent: Intent = { ...wanted, pair, by: requester() };
  const seen = await foresee(intent, ports).catch((error: Error) => {
    throw cannotReach(`what a ${kind} of ${pair} would do cannot be learned`, `${error.name}: ${error.message}`);
  });
  if ('kind' in seen) {
    if (seen.kind === 'refused') throw refused(seen.because, found);
    return again(seen.run, intent, { found, ports, values, shell });
  }
  return decide(seen, intent, { found, ports, values, shell });
}

function intentOf(kind: OrderKind, values: Values): Omit<Intent, 'pair' | 'by'> {
  for (const [option, kinds] of Object.entries(ONLY)) {
    if (values[option as keyof typeof ONLY] !== undefined && !kinds.includes(kind))
      throw usage(`--${option} is for ${kinds.join(' and ')}`, kind);
  }
  if (values.force !== undefined && values.force.trim().length < 3)
    throw usage('--force is empty; say why, for the journal and the page', kind);
  return {
    kind,
    ...(values['accept-loss'] === undefined ? {} : { acceptLossMs: durationMs(kind, '--accept-loss', values['accept-loss']) }),
    ...(values.force === undefined ? {} : { force: values.force.trim() }),
    ...(values['writes-stopped'] ? { writesStopped: true } : {}),
  };
}

interface Scene {
  readonly found: Ordered;
  readonly ports: OrderPorts;
  readonly values: Values;
  readonly shell: Shell;
}

async function decide(seen: Foresight, intent: Intent, scene: Scene): Promise<number> {
  const { found, values, shell } = scene;
  const { kind, pair } = intent;
  const dry = values['dry-run'] ?? false;
  if (dry && values.json) shell.write(`${JSON.stringify(seen)}\n`);
  // A script reads JSON only; what will happen goes where people look.
  else (values.json ? shell.warn : shell.write)(foresightText(seen, new Colours(shell)));
  if (seen.refused.length > 0) throw refused(seen.refused, found, true);
  if (dry) return EXIT.ok;
  const what = kind === 'failover' ? 'fail over' : kind === 'failback' ? 'fail back' : 'switch over';
  if (!(await confirmed(what, pair, values['yes-i-mean'], shell)))
    throw new CommandFailure(EXIT.notOk, `no ${kind}: the name of the pair was not typed`, 'Nothing was changed.');
  return give(intent, seen.epoch, scene);
}

async function give(intent: Intent, epoch: number, scene: Scene): Promise<number> {
  const { found, ports, values, shell } = scene;
  const { kind, ...rest } = intent;
  const answer = await carry(kind, { ...rest, epoch }, ports, found);
  told({ order: kind, found, json: values.json ?? false }, answer, shell);
  if (answer.kind === 'refused') throw refused(answer.because, found);
  const say = values.json ? shell.warn : shell.write;
  say(`${answer.run} began at epoch ${answer.epoch}; it goes on, whatever becomes of this command.\n`);
  return onwards(answer.epoch, scene);
}

/** The same order again is the same run. */
async function again(
  run: { readonly id: string; readonly kind: string; readonly epoch: number; readonly startedBy: string },
  intent: Intent,
  scene: Scene,
): Promise<number> {
  const { found, ports, values, shell } = scene;
  const { kind, ...rest } = intent;
  if (run.kind !== kind) throw refused([`${run.id} is under way, a ${run.kind}`], found);
  // Of one's own order the machine may not have been started yet; to start it again is safe.
  const answer =
    run.startedBy === intent.by
      ? await carry(kind, rest, ports, found)
      : { kind: 'already-started' as const, run: run.id, epoch: run.epoch };
  if (answer.kind === 'refused') throw refused(answer.because, found);
  told({ order: kind, found, json: values.json ?? false }, { ...answer, kind: 'already-started' }, shell);
  (values.json ? shell.warn : shell.write)(
    `${run.id} runs already, at epoch ${run.epoch}, ordered by ${run.startedBy}. Nothing was added to it.\n`,
  );
  return onwards(run.epoch, scene);
}

function onwards(epoch: number, { found, values, shell }: Scene): Promise<number> | number {
  if (values.watch) return followRun(found, { epoch, json: values.json ?? false }, shell);
  (values.json ? shell.warn : shell.write)(`Watch it: failover watch ${found.named}\n`);
  return EXIT.ok;
}

async function carry(kind: OrderKind, order: StartOrder, ports: OrderPorts, found: Ordered): Promise<StartAnswer> {
  const orders = await import('../../../lib/runtime/drive/database/orders');
  const next = `Whether it was taken is not known. "failover watch ${found.named}" shows; to order it again is safe.`;
  return onItsWay(orders[kind](order, ports), next);
}

/** `shown`: the reasons stand above already. */
function refused(because: readonly string[], { named }: Ordered, shown = false): CommandFailure {
  const lives = because.some((reason) => reason.startsWith('the primary lives'));
  const runs = because.some((reason) => reason.includes('is under way'));
  const unstarted = because.find((reason) => reason.includes('its machine was not started'));
  const next = lives
    ? 'If you know better, say why: --force "why". It is kept in the journal and goes out with the page.'
    : unstarted !== undefined
      ? `${nextFor(unstarted)}\nThe run holds the pair, and the prober starts it within a minute.\nWatch it: failover watch ${named}`
      : runs
        ? `Watch it: failover watch ${named}`
        : `"failover status --pair ${named}" shows more.`;
  return new CommandFailure(EXIT.notOk, shown ? 'refused' : `refused: ${because.join('; ')}`, next);
}
