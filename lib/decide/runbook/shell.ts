/** Literal commands for a POSIX shell. */
import type { RunbookPair, RunbookProbe } from './types';

/** A word that is written as it stands, such as `"$ACCOUNT"`, which the shell expands. */
export interface ShellWord {
  readonly shell: string;
}

export const shell = (text: string): ShellWord => ({ shell: text });

/** A variable that a person sets first: without it the shell says what it must be, and runs nothing. */
export const setBefore = (name: string, what: string): ShellWord => shell(`"\${${name}:?${what}}"`);

/** Quoted only where the shell would read more into it. */
const quoted = (word: string) => (/^[A-Za-z0-9_\-./:=,@%+]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

const written = (word: string | number | ShellWord) => (typeof word === 'object' ? word.shell : quoted(String(word)));

type Option = readonly [name: string, ...values: readonly (string | number | ShellWord)[]];

const LINE_CHARS = 120;

/** `aws <service> <operation> --region <region> ...`, broken where a page ends. */
export function aws(service: string, operation: string, region: string, ...options: readonly Option[]): string {
  const head = `aws ${service} ${operation} --region ${region}`;
  const words = options.map(([name, ...values]) => [`--${name}`, ...values.map(written)].join(' '));
  const line = [head, ...words].join(' ');
  return line.length <= LINE_CHARS ? line : [head, ...words.map((w) => `  ${w}`)].join(' \\\n');
}

/** Asks every name server of the zone itself, over TCP, so that no cache answers. */
export const ask = (pair: RunbookPair, type: 'TXT' | 'A', name: string) =>
  `for server in $(dig +short NS ${pair.zoneName}); do dig +tcp +short ${type} ${name} "@$server"; done`;

/** Asks a site itself, whatever the name answers. */
export function askSite({ protocol, connect, port, host, path }: RunbookProbe): string {
  if (protocol === 'tcp') return `nc -z -w 4 ${connect} ${port}`;
  const name = host ?? connect;
  const direct = name === connect ? '' : ` --connect-to ${name}:${port}:${connect}:${port}`;
  const at = port === (protocol === 'https' ? 443 : 80) ? '' : `:${port}`;
  return `curl -si --max-time 6${direct} ${protocol}://${name}${at}${path ?? '/'}`;
}

/** Keeps what a command answers, in a variable of the same shell. */
export const kept = (name: string, command: string) => `${name}=$(${command})`;

export const indented = (text: string) => text.replace(/^/gm, '  ');
