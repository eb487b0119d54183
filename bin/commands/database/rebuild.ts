/** `failover rebuild`: names the replica that stands where the old primary stood, until it is seen replicating. */
import type { DatabaseRegistration } from '../../../lib/contracts/database';
import { fenceName } from '../../../lib/decide/database/fences';
import { SsmDatabaseRegistry } from '../../../lib/runtime/adapters/database/ssm-database-registry';
import { giveUpRebuild, lowerFences, type OrderPorts, rebuild } from '../../../lib/runtime/drive/database/orders';
import { COMMON, read } from '../../operator/arguments';
import type { Aws } from '../../operator/aws';
import { confirmed, requester } from '../../operator/confirm';
import { REBUILD_HELP } from '../../operator/database/help';
import { giveNote } from '../../operator/database/note';
import { databasePair, type Ordered } from '../../operator/database/pair';
import { CommandFailure, cannotReach, EXIT, usage } from '../../operator/failure';
import type { Shell } from '../../operator/shell';

const OPTIONS = {
  ...COMMON,
  replica: { type: 'string' },
  endpoint: { type: 'string' },
  'yes-i-mean': { type: 'string' },
} as const;
const WHAT = ['open-fences', 'begin', 'end', 'give-up'] as const;
type What = (typeof WHAT)[number];

type Values = ReturnType<typeof parsed>['values'];
const parsed = (args: readonly string[]) => read('rebuild', args, OPTIONS, 2);

export async function rebuildCommand(args: readonly string[], shell: Shell): Promise<number> {
  const { values, positionals } = parsed(args);
  if (values.help) {
    shell.write(REBUILD_HELP);
    return EXIT.ok;
  }
  const what = WHAT.find((one) => one === positionals[0]);
  if (what === undefined)
    throw usage(
      positionals[0] === undefined
        ? `rebuild what? ${WHAT.join(', ')}`
        : `there is no rebuild ${positionals[0]}; there are ${WHAT.join(', ')}`,
      'rebuild',
    );
  if (what !== 'begin' && (values.replica !== undefined || values.endpoint !== undefined))
    throw usage('--replica and --endpoint are for rebuild begin', 'rebuild');
  const found = await databasePair('rebuild', positionals[1], values);
  return carry(what, found, values, shell);
}

async function carry(what: What, found: Ordered, values: Values, shell: Shell): Promise<number> {
  const { pair } = found.registration;
  const { orderPorts } = await import('../../operator/database/ports');
  const ports = await orderPorts(found.aws, found.registration);
  const by = requester();
  const note = {
    order: `rebuild-${what}`,
    found,
    json: values.json ?? false,
    refusedNext: `"failover status --pair ${found.named}" shows the pair, "failover runbook ${found.named}" every step of a rebuild.`,
  };
  if (what === 'give-up') return giveNote(note, () => giveUpRebuild({ pair, by }, ports), shell);
  if (what === 'open-fences') {
    (values.json ? shell.warn : shell.write)(await opened(found, ports));
    if (!(await confirmed('open its fences', pair, values['yes-i-mean'], shell)))
      throw new CommandFailure(EXIT.notOk, 'not opened: the name of the pair was not typed', 'Nothing was changed.');
    return giveNote(note, () => lowerFences({ pair, by }, ports), shell);
  }
  const member = what === 'begin' ? await named(found, values) : await begun(found);
  return giveNote(note, () => rebuild({ pair, by, member }, ports), shell);
}

/** What an opened fence lets through, and whether that may write. */
async function opened({ aws, registration: { pair, namespace } }: Ordered, { databases }: OrderPorts): Promise<string> {
  const database = await databaseIn(aws, namespace, pair);
  const { source, fences } = database;
  const names = fences.filter(({ kind }) => kind !== 'stopInstance').map(fenceName);
  const view = await databases.look(database, { ...source, priority: 0 });
  const state =
    view.kind === 'member'
      ? `${source.id} is ${view.status}`
      : view.kind === 'absent'
        ? `${source.id} does not exist any more`
        : `${source.id} is not known: ${view.because}`;
  return `Opens ${names.join(', ') || 'nothing: there is no fence'} in ${source.region}; nobody closes it again in this epoch.
${state}. What still runs there can write then: stop it first.
`;
}

/** The replica that a person built. Port and engine are those of the database; the endpoint too, where it has the old name. */
async function named({ aws, registration }: Ordered, { replica, endpoint }: Values) {
  if (replica === undefined) throw usage('--replica is missing; give the id of the new replica in the primary Region', 'rebuild');
  const { source, primaryRegion: region } = await databaseIn(aws, registration.namespace, registration.pair);
  const at = endpoint ?? (replica === source.id ? source.endpoint : undefined);
  if (at === undefined)
    throw usage(`--endpoint is missing; ${replica} is not ${source.id}, so its endpoint is not known (RDS shows it)`, 'rebuild');
  return { id: replica, endpoint: at, port: source.port, engine: source.engine, region };
}

async function databaseIn(aws: Aws, namespace: string, pair: string): Promise<DatabaseRegistration> {
  const database = await new SsmDatabaseRegistry(aws.namesOf(namespace).registryPath).database(pair);
  if (database.kind === 'unknown') throw cannotReach(`the database of ${pair} cannot be read`, database.because);
  if (database.kind === 'none') throw new CommandFailure(EXIT.notOk, `the pair ${pair} has no database`);
  return database;
}

async function begun({ aws, registration: { pair, namespace }, named }: Ordered) {
  const item = await aws
    .journalOf(namespace)
    .read(pair)
    .catch((error: Error) => {
      throw cannotReach(`the journal of ${pair} cannot be read`, `${error.name}: ${error.message}`);
    });
  const rebuilt = item?.database?.rebuilt;
  if (!rebuilt)
    throw new CommandFailure(
      EXIT.notOk,
      'refused: no replica was named',
      `Name it: failover rebuild begin ${named} --replica ID --endpoint HOST`,
    );
  const { replicating: _seen, ...member } = rebuilt;
  return member;
}
