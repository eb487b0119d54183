/** `failover runbook`: every step of a failover by hand, with the literal values of one pair. */
import type { DatabaseRegistration } from '../../../lib/contracts/database';
import type { PairRegistration } from '../../../lib/contracts/registration';
import { databaseFailover, markdown, type Runbook, regionFailover } from '../../../lib/decide/runbook';
import { SsmDatabaseRegistry } from '../../../lib/runtime/adapters/database/ssm-database-registry';
import { COMMON, oneOf, read } from '../../operator/arguments';
import { registrationsIn } from '../../operator/database/assembly';
import { RUNBOOK_HELP } from '../../operator/database/help';
import { databasePair } from '../../operator/database/pair';
import { CommandFailure, cannotReach, EXIT, usage } from '../../operator/failure';
import type { Shell } from '../../operator/shell';

const OPTIONS = { ...COMMON, from: { type: 'string' } } as const;
const RUNBOOK_SCHEMA = 'cdk-failover.runbook/1';

type Values = ReturnType<typeof parsed>['values'];
const parsed = (args: readonly string[]) => read('runbook', args, OPTIONS, 2);

interface BoundPair {
  readonly pair: PairRegistration;
  readonly database: DatabaseRegistration;
}

export async function runbookCommand(args: readonly string[], shell: Shell): Promise<number> {
  const { values, positionals } = parsed(args);
  if (values.help) {
    shell.write(RUNBOOK_HELP);
    return EXIT.ok;
  }
  const [name, which] = positionals;
  if (name === undefined) throw usage('which pair? "failover pairs" lists them', 'runbook');
  const kind = oneOf('runbook', 'the runbook', which, ['database', 'region'] as const) ?? 'database';
  const bound = values.from === undefined ? await deployed(name, values) : synthesized(name, values.from, values);
  const made: Runbook = kind === 'region' ? regionFailover(bound) : databaseFailover(bound);
  shell.write(
    values.json ? `${JSON.stringify({ schema: RUNBOOK_SCHEMA, pair: name, ...made }, undefined, 2)}\n` : markdown(made),
  );
  return EXIT.ok;
}

async function deployed(name: string, values: Values): Promise<BoundPair> {
  const { aws, registration: pair } = await databasePair('runbook', name, values);
  const database = await new SsmDatabaseRegistry(aws.namesOf(pair.namespace).registryPath).database(name);
  if (database.kind === 'unknown') throw cannotReach(`the database of ${name} cannot be read`, database.because);
  if (database.kind === 'none') throw none(name);
  return { pair, database };
}

/** From what "cdk synth" wrote: no credentials, no network. */
function synthesized(name: string, folder: string, values: Values): BoundPair {
  const there = registrationsIn(folder);
  const found = there.filter(
    ({ pair }) => pair.pair === name && (values['control-set'] === undefined || pair.namespace === values['control-set']),
  );
  const [one, ...others] = found;
  if (!one)
    throw new CommandFailure(
      EXIT.usage,
      `${folder} has no pair ${name} that registers; there is ${named(there)}`,
      'A pair registers with a drill or a database. Run "cdk synth", and give the folder that it wrote.',
    );
  if (others.length > 0) {
    const sets = found.map(({ pair }) => pair.namespace).join(', ');
    throw new CommandFailure(EXIT.usage, `${name} is a pair in the control sets ${sets}`, 'Say which with --control-set.');
  }
  if (!one.database) throw none(name);
  return { pair: one.pair, database: one.database };
}

const named = (there: readonly { readonly pair: PairRegistration }[]) =>
  there.map(({ pair }) => `${pair.pair} (control set ${pair.namespace})`).join(', ') || 'none';

const none = (name: string) =>
  new CommandFailure(
    EXIT.notOk,
    `the pair ${name} has no database that we promote`,
    'Its traffic fails over by itself: see docs/latch.md and docs/drill.md.',
  );
