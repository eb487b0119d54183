/** `failover pairs`: the pairs that are registered in a Region. */
import type { PairRegistration } from '../../lib/contracts/registration';
import { COMMON, COMMON_HELP, read } from '../operator/arguments';
import { EXIT } from '../operator/failure';
import type { Shell } from '../operator/shell';

export const PAIRS_HELP = `failover pairs [options]

Lists the pairs whose standby Region this is, from their registrations in SSM (/cdk-failover/). Needs AWS credentials.

Options
${COMMON_HELP}
Examples
  failover pairs --region us-east-1
  failover pairs --json

Exit code: 0 when at least one pair was found, 1 when none, 2 wrong arguments, 3 when AWS cannot be asked.
`;

export async function pairsCommand(args: readonly string[], shell: Shell): Promise<number> {
  const { values } = read('pairs', args, COMMON, 0);
  if (values.help) {
    shell.write(PAIRS_HELP);
    return EXIT.ok;
  }
  const { needAws, registered } = await import('../operator/aws');
  const aws = await needAws(values.region);
  const wanted = values['control-set'];
  const pairs = (await registered(aws)).filter(({ namespace }) => wanted === undefined || namespace === wanted);
  if (values.json) {
    shell.write(
      `${JSON.stringify({ schema: 'cdk-failover.pairs/1', region: aws.region, pairs: pairs.map(summary) }, undefined, 2)}\n`,
    );
  } else if (pairs.length === 0) {
    shell.write(`No pair is registered in ${aws.region}. Pairs register in their standby Region: give it with --region.\n`);
  } else {
    shell.write(table(pairs));
  }
  return pairs.length > 0 ? EXIT.ok : EXIT.notOk;
}

const summary = ({ pair, namespace, recordName, zoneName, ttlSec, primary, standby, drill, latch }: PairRegistration) => ({
  pair,
  controlSet: namespace,
  recordName,
  zoneName,
  ttlSec,
  primary: primary.answers,
  standby: standby.answers,
  drill: drill ? { fault: drill.fault.kind, targets: drill.targets } : null,
  latch: latch !== undefined,
});

function table(pairs: readonly PairRegistration[]): string {
  const answers = (site: PairRegistration['primary']) => site.answers.flatMap(({ values }) => values).join(', ');
  const rows = [
    ['PAIR', 'CONTROL SET', 'NAME', 'PRIMARY', 'STANDBY', 'DRILL'],
    ...pairs.map((one) => [
      one.pair,
      one.namespace,
      one.recordName,
      answers(one.primary),
      answers(one.standby),
      one.drill ? one.drill.fault.kind : 'none',
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
