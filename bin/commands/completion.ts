/** `failover completion`: prints a script that completes commands and options in a shell. */
import { COMMON as COMMON_OPTIONS, read } from '../operator/arguments';
import { EXIT, usage } from '../operator/failure';
import type { Shell } from '../operator/shell';

/** Whoever pressed Tab does not wait longer for names. */
const LIMIT_MS = 2_000;

export const COMPLETION_HELP = `failover completion <bash|zsh>

Prints a script that completes commands, options and the names of pairs. For names it runs "failover completion pairs",
which asks AWS, with the --region and --control-set of the line that is completed, for ${LIMIT_MS / 1_000} s at most. Without credentials,
Region or answer there are no names, and nothing is said about it: "failover pairs" says why.

Examples
  source <(failover completion bash)                         in ~/.bashrc
  source <(failover completion zsh)                          in ~/.zshrc, after compinit

Exit code: 0, or 2 for wrong arguments.
`;

const COMMON = '--region --control-set --json --debug --help';
const ALL =
  'status pairs drill failover switchover failback watch approve adopt pause resume clear-claim rebuild runbook lab budget completion';
const RUN = '--accept-loss --dry-run --watch --yes-i-mean';
/** What follows which words. A test holds it against what the commands accept. */
export const WORDS: Readonly<Record<string, string>> = {
  '': `${ALL} help`,
  status: `--pair --name-server --zone --beacon-label --ca --watch --every ${COMMON}`,
  pairs: COMMON,
  drill: 'start watch abort report --help',
  'drill start': `--level --id --yes-i-mean --watch ${COMMON}`,
  'drill watch': `--id ${COMMON}`,
  'drill abort': `--id ${COMMON}`,
  'drill report': `--id --level --out ${COMMON}`,
  approve: `--epoch --loss-ms --yes-i-mean ${COMMON}`,
  failover: `${RUN} --force ${COMMON}`,
  switchover: `${RUN} --writes-stopped ${COMMON}`,
  failback: `${RUN} --writes-stopped ${COMMON}`,
  watch: `--epoch ${COMMON}`,
  adopt: `--epoch --watch --yes-i-mean ${COMMON}`,
  pause: `--for --hold ${COMMON}`,
  resume: COMMON,
  'clear-claim': `--yes-i-mean ${COMMON}`,
  rebuild: 'open-fences begin end give-up --help',
  'rebuild open-fences': `--yes-i-mean ${COMMON}`,
  'rebuild begin': `--replica --endpoint ${COMMON}`,
  'rebuild end': COMMON,
  'rebuild give-up': COMMON,
  runbook: `--from ${COMMON}`,
  lab: '--list --scale --real --seed --https --delay --html --json --calls --record --debug --help',
  budget: '--simulate --seed --html --json --help',
  completion: 'bash zsh --help',
  help: ALL,
};

/** Commands whose first argument is a pair. */
export const PAIRED: readonly string[] = Object.keys(WORDS).filter(
  (words) =>
    /^(drill|rebuild) ./.test(words) ||
    ['approve', 'failover', 'switchover', 'failback', 'watch', 'adopt', 'pause', 'resume', 'clear-claim', 'runbook'].includes(
      words,
    ),
);

/** Options that take a value; those that say where a pair is are passed on. */
const WHERE = ['--region', '--control-set'];
export const VALUES: readonly string[] = [
  ...['--pair', '--name-server', '--zone', '--beacon-label', '--ca', '--every', '--level', '--id', '--yes-i-mean', '--out'],
  ...['--epoch', '--loss-ms', '--accept-loss', '--force', '--for', '--replica', '--endpoint', '--from'],
  ...['--scale', '--seed', '--delay', '--html', '--calls', '--record', '--simulate'],
];

const cases = () =>
  Object.entries(WORDS)
    .map(([words, then]) => `    "${words}") words="${then}" ;;\n`)
    .join('');
const either = (words: readonly string[]) => words.map((word) => `"${word}"`).join(' | ');

const bash = () => `_failover() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD - 1]}"
  local path="" words="" names="" paired="" given=0 depth=1 i
  local -a where=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
    ${either(WHERE)}) where+=("\${COMP_WORDS[i]}" "\${COMP_WORDS[i + 1]}"); i=$((i + 1)) ;;
    ${either(VALUES)}) i=$((i + 1)) ;;
    -*) ;;
    *)
      given=$((given + 1))
      [[ "$path" == drill || "$path" == rebuild ]] && depth=2
      [[ $given -le $depth ]] && path="\${path:+$path }\${COMP_WORDS[i]}"
      ;;
    esac
  done
  case "$path" in
${cases()}  esac
  case "$path" in
    ${either(PAIRED)}) [[ $given -eq $depth ]] && paired=1 ;;
  esac
  case "$prev" in
    "--pair") paired=1 words="" ;;
    ${either([...WHERE, ...VALUES])}) paired="" words="" ;;
  esac
  if [[ -n "$paired" && "$cur" != -* ]]; then
    names=$("\${COMP_WORDS[0]}" completion pairs "\${where[@]}" 2>/dev/null </dev/null)
  fi
  COMPREPLY=($(compgen -W "$names $words" -- "$cur"))
  [[ \${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- "$cur"))
}
complete -F _failover failover
`;

/** zsh runs the bash function by its own emulation. */
const zsh = () => `autoload -U +X bashcompinit && bashcompinit
${bash()}`;

export async function completionCommand([what, ...more]: readonly string[], shell: Shell): Promise<number> {
  if (what === '--help' || what === '-h') shell.write(COMPLETION_HELP);
  else if (what === 'pairs') for (const name of await quietly(pairNames(more), LIMIT_MS)) shell.write(`${name}\n`);
  else if (what === 'bash' && more.length === 0) shell.write(bash());
  else if (what === 'zsh' && more.length === 0) shell.write(zsh());
  else throw usage(`completion takes bash or zsh, not ${[what ?? 'nothing', ...more].join(' ')}`, 'completion');
  return EXIT.ok;
}

/** Names of the pairs that register in the Region. */
export async function pairNames(args: readonly string[]): Promise<readonly string[]> {
  const { values } = read('completion', args, { region: COMMON_OPTIONS.region, 'control-set': COMMON_OPTIONS['control-set'] }, 0);
  const { needAws, registered } = await import('../operator/aws');
  const wanted = values['control-set'];
  const pairs = (await registered(await needAws(values.region))).filter(
    ({ namespace }) => wanted === undefined || namespace === wanted,
  );
  return [...new Set(pairs.map(({ pair }) => pair))].sort();
}

/** Nothing where there is no answer in time, or none at all: a prompt is no place for errors. */
export async function quietly(asked: Promise<readonly string[]>, limitMs: number): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<readonly string[]>((resolve) => {
    timer = setTimeout(() => resolve([]), limitMs);
  });
  const found = await Promise.race([asked.catch(() => []), late]);
  clearTimeout(timer);
  return found;
}
