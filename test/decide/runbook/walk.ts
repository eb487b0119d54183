/** Walks a runbook in a real shell, in which `aws` only notes what it was told. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TOLD = `
set -u
aws() {
  { printf '%s\\0' "$@"; printf '\\n\\0'; } >&3
  case "$*" in
    *rvn.S*) echo "rvn-\${RVN:-1}" ;;
    *) echo 1 ;;
  esac
}
jq() { case "$*" in *pk:*) echo '{"pk":{"S":"pair#app"}}' ;; *) echo 1 ;; esac; }
dig() { echo ns-1.example.com; }
curl() { :; }
cat() { :; }
sleep() { :; }
`;

export interface Walk {
  readonly code: number | null;
  readonly stderr: string;
  /** The words of each call, as the shell made them. */
  readonly calls: readonly (readonly string[])[];
}

/** Every loop goes round once. `before` is shell of the person who walks. */
export function walk(lines: readonly string[], before = ''): Walk {
  const text = lines.join('\n');
  const byHand = [...text.matchAll(/\$\{([A-Z]+):\?/g)].map(([, name]) => `${name}=by-hand`);
  const folder = mkdtempSync(join(tmpdir(), 'runbook-'));
  try {
    const script = [TOLD, ...byHand, text.replace(/^ *sleep 50$/gm, 'break')]
      .join('\n')
      .replace(/^(CANDIDATE=.*)$/m, `$1\n${before}`);
    const { status, stderr, output } = spawnSync('bash', ['-s'], {
      cwd: folder,
      input: script,
      encoding: 'utf8',
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    });
    const words = (output[3] ?? '').split('\0');
    const calls: string[][] = [];
    let call: string[] = [];
    for (const word of words.slice(0, -1)) {
      if (word === '\n') {
        calls.push(call);
        call = [];
      } else call.push(word);
    }
    return { code: status, stderr, calls };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
