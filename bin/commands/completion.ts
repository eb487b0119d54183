/** `failover completion`: prints a script that completes commands and options in a shell. */
import { usage } from '../operator/failure';
import type { Shell } from '../operator/shell';

export const COMPLETION_HELP = `failover completion <bash|zsh>

Prints a script that completes commands and options.

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

const cases = () =>
  Object.entries(WORDS)
    .map(([words, then]) => `    "${words}") words="${then}" ;;\n`)
    .join('');

const bash = () => `_failover() {
  local words cur="\${COMP_WORDS[COMP_CWORD]}" path="" i
  for ((i = 1; i < COMP_CWORD && i < 3; i++)); do
    [[ "\${COMP_WORDS[i]}" == -* ]] && break
    [[ $i -eq 2 && "\${COMP_WORDS[1]}" != drill && "\${COMP_WORDS[1]}" != rebuild ]] && break
    path="\${path:+$path }\${COMP_WORDS[i]}"
  done
  case "$path" in
${cases()}    *) words="" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  [[ \${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- "$cur"))
}
complete -F _failover failover
`;

/** zsh runs the bash function by its own emulation. */
const zsh = () => `autoload -U +X bashcompinit && bashcompinit
${bash()}`;

export function completionCommand([shellName, ...more]: readonly string[], shell: Shell): number {
  if (shellName === '--help' || shellName === '-h') shell.write(COMPLETION_HELP);
  else if (shellName === 'bash' && more.length === 0) shell.write(bash());
  else if (shellName === 'zsh' && more.length === 0) shell.write(zsh());
  else throw usage(`completion takes bash or zsh, not ${[shellName ?? 'nothing', ...more].join(' ')}`, 'completion');
  return 0;
}
