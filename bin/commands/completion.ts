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
/** What follows which words. A test holds it against what the commands accept. */
export const WORDS: Readonly<Record<string, string>> = {
  '': 'status pairs drill approve lab budget completion help',
  status: `--pair --name-server --zone --beacon-label --ca --watch --every ${COMMON}`,
  pairs: COMMON,
  drill: 'start watch abort report --help',
  'drill start': `--level --id --yes-i-mean --watch ${COMMON}`,
  'drill watch': `--id ${COMMON}`,
  'drill abort': `--id ${COMMON}`,
  'drill report': `--id --level --out ${COMMON}`,
  approve: `--epoch --loss-ms --yes-i-mean ${COMMON}`,
  lab: '--list --scale --real --seed --https --delay --html --json --calls --debug --help',
  budget: '--simulate --seed --html --json --help',
  completion: 'bash zsh --help',
  help: 'status pairs drill approve lab budget completion',
};

const cases = () =>
  Object.entries(WORDS)
    .map(([words, then]) => `    "${words}") words="${then}" ;;\n`)
    .join('');

const bash = () => `_failover() {
  local words cur="\${COMP_WORDS[COMP_CWORD]}" path="" i
  for ((i = 1; i < COMP_CWORD && i < 3; i++)); do
    [[ "\${COMP_WORDS[i]}" == -* ]] && break
    [[ $i -eq 2 && "\${COMP_WORDS[1]}" != drill ]] && break
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
