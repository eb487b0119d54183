import type { Paint } from './view';

/** How one of several scenarios ended. */
export interface Played {
  readonly name: string;
  readonly verdict: 'passed' | 'FAILED' | 'SKIPPED';
  readonly because?: string;
  /** Real time, with the start of everything. */
  readonly wallMs: number;
}

/** The end of `failover lab all`. */
export function closingTable(played: readonly Played[], paint: Paint): string {
  const width = Math.max(...played.map(({ name }) => name.length)) + 2;
  const lines = played.map(({ name, verdict, wallMs, because }) => {
    const said = verdict.padEnd(9);
    const word = verdict === 'passed' ? paint.good(said) : paint.bad(said);
    return `${name.padEnd(width)}${word}${`${(wallMs / 1_000).toFixed(1)} s`.padStart(8)}${because ? `  ${because}` : ''}`;
  });
  const count = (verdict: Played['verdict']) => played.filter((one) => one.verdict === verdict).length;
  const sum = `${count('passed')} passed, ${count('FAILED')} failed, ${count('SKIPPED')} skipped`;
  const tookMs = played.reduce((ms, { wallMs }) => ms + wallMs, 0);
  return [
    paint.strong(`${'scenario'.padEnd(width)}${'verdict'.padEnd(9)}${'real'.padStart(8)}`),
    ...lines,
    '',
    `${sum}; ${(tookMs / 1_000).toFixed(1)} s of real time`,
    '',
  ].join('\n');
}
