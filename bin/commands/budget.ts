/** `failover budget`: prints what `cdk synth` found out about targets, with simulation, charts and cost. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readAssembly, UnreadableAssembly } from '../budget/assembly';
import { budgetResult, type SimulationWanted } from '../budget/result';
import { tableText } from '../budget/table';

const RUNS_MAX = 1_000_000;
const DEFAULT_SIMULATION: SimulationWanted = { runs: 20_000, seed: 1 };

export const BUDGET_HELP = `failover budget [folder] [options]

Prints the recovery budget of every pair in a cloud assembly: best and worst detection, switch, RTO and RPO for each
failure mode against the targets, what costs most, the cheapest change that helps, and the cost of it all per month.

  folder         what "cdk synth" wrote (default cdk.out)

Options
  --simulate N   play each failure mode N times, 1 to ${RUNS_MAX}, for the percentiles of sums
  --seed S       whole number; the same seed gives the same numbers (default ${DEFAULT_SIMULATION.seed})
  --html FILE    write a page with the distribution of each stage against its target; it opens offline
                 (simulates ${DEFAULT_SIMULATION.runs} runs unless --simulate says otherwise)
  --json         print everything as JSON
  --help         print this

Exit code: 0 when every target is possible, 1 when one is impossible, 2 when arguments or assembly are unusable.
`;

export interface Output {
  write(text: string): void;
  warn(text: string): void;
}

/** Wrong arguments; the message says which and what is allowed. */
class BadArguments extends Error {}

/** @returns the exit code */
export async function budgetCommand(args: readonly string[], output: Output): Promise<number> {
  try {
    return await run(args, output);
  } catch (error) {
    if (!(error instanceof BadArguments) && !(error instanceof UnreadableAssembly)) throw error;
    output.warn(`failover budget: ${error.message}\n`);
    return 2;
  }
}

async function run(args: readonly string[], output: Output): Promise<number> {
  const { values, positionals } = parsed(args);
  if (values.help) {
    output.write(BUDGET_HELP);
    return 0;
  }
  const wanted = simulationOf(values);
  const { result, samples } = budgetResult(readAssembly(positionals[0] ?? 'cdk.out'), wanted);
  output.write(values.json ? `${JSON.stringify(result, undefined, 2)}\n` : tableText(result));
  if (values.html !== undefined) {
    // Drawing is a large library, and seldom asked for.
    const { budgetPage } = await import('../budget/page');
    save(values.html, await budgetPage(result, samples));
  }
  return result.pairs.some((pair) => pair.verdict === 'impossible') ? 1 : 0;
}

/** An unwritable file must not look like an impossible target. */
function save(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new BadArguments(`--html is "${file}", which cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}

function parsed(args: readonly string[]) {
  const options = {
    simulate: { type: 'string' },
    seed: { type: 'string' },
    html: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (positionals.length > 1) throw new Error(`one folder at most, not ${positionals.length}`);
    return { values, positionals };
  } catch (error) {
    throw new BadArguments(`${(error as Error).message.split('\n')[0]}; see "failover budget --help"`);
  }
}

function simulationOf(values: { readonly simulate?: string; readonly seed?: string; readonly html?: string }) {
  if (values.simulate === undefined && values.html === undefined) {
    if (values.seed !== undefined) throw new BadArguments('--seed is given without --simulate or --html; nothing would use it');
    return undefined;
  }
  return {
    runs: whole('--simulate', values.simulate, 1, RUNS_MAX) ?? DEFAULT_SIMULATION.runs,
    seed: whole('--seed', values.seed, 0, 2 ** 32 - 1) ?? DEFAULT_SIMULATION.seed,
  };
}

function whole(option: string, given: string | undefined, from: number, to: number): number | undefined {
  if (given === undefined) return undefined;
  const value = /^\d+$/.test(given) ? Number(given) : Number.NaN;
  if (value >= from && value <= to) return value;
  throw new BadArguments(`${option} is "${given}"; a whole number from ${from} to ${to}`);
}
