import { writeFileSync } from 'node:fs';
import type { DrillReport } from '../../../lib/contracts/drill';
import { reportKey } from '../../../lib/runtime/drive/drill/report';
import { COMMON, oneOf, read } from '../arguments';
import { CommandFailure, cannotReach, EXIT, usage } from '../failure';
import type { Shell } from '../shell';
import { type Drilled, drilled, drillId } from './pair';

const COMMAND = 'drill report';
const OPTIONS = { ...COMMON, id: { type: 'string' }, level: { type: 'string' }, out: { type: 'string' } } as const;

export async function drillReport(args: readonly string[], shell: Shell): Promise<number> {
  const { values, positionals } = read(COMMAND, args, OPTIONS, 1);
  const level = oneOf(COMMAND, '--level', values.level, ['TRAFFIC', 'OBSERVE'] as const);
  if (values.id !== undefined && level !== undefined) throw usage('--id and --level exclude each other', COMMAND);
  const found = await drilled(COMMAND, positionals, values);
  const { pair, namespace } = found.registration;
  const id = drillId(COMMAND, pair, values.id) ?? (await lastId(found, level));
  const fetch = async (ending: 'json' | 'md') => {
    const said = await found.aws.report(namespace, reportKey(pair, id, ending));
    if (said.kind === 'unknown') throw cannotReach(`the report of ${id} cannot be read`, said.because);
    if (said.kind === 'text') return said.text;
    throw new CommandFailure(
      EXIT.notOk,
      `there is no report of ${id}`,
      `"failover status --pair ${found.named}" lists the last drills; a running one has none yet.`,
    );
  };
  // The verdict is in the document; the page is for people.
  const document = await fetch('json');
  const text = values.json ? document : await fetch('md');
  if (values.out === undefined) shell.write(text.endsWith('\n') ? text : `${text}\n`);
  else save(values.out, text);
  return (JSON.parse(document) as DrillReport).verdict === 'passed' ? EXIT.ok : EXIT.notOk;
}

async function lastId({ aws, registration, named }: Drilled, level: string | undefined): Promise<string> {
  const { pair, namespace } = registration;
  const item = await aws
    .journalOf(namespace)
    .read(pair)
    .catch((error: Error) => {
      throw cannotReach(`the journal of ${pair} cannot be read`, `${error.name}: ${error.message}`);
    });
  const last = item?.lastDrills.find((drill) => level === undefined || drill.level === level);
  if (last) return last.id;
  const running = item?.drill ? `; ${item.drill.id} still runs` : '';
  throw new CommandFailure(
    EXIT.notOk,
    `no ${level === undefined ? '' : `${level} `}drill of ${pair} has ended yet${running}`,
    `Start one with "failover drill start ${named}".`,
  );
}

function save(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw usage(`--out is "${file}", which cannot be written (${(error as NodeJS.ErrnoException).code})`, COMMAND);
  }
}
