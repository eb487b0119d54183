/** Orders and runs of a database for people, within 80 columns where names allow it. */
import type { ExpectedTime } from '../../../lib/decide/database/expected';
import { lossText } from '../../../lib/decide/database/replica';
import type { Words } from '../../../lib/decide/database/witnesses';
import type { ForeseenFence, Foresight } from '../../../lib/runtime/drive/operator/database/foresee';
import type { StepLine } from '../../../lib/runtime/drive/operator/progress';
import type { Colours } from '../shell';
import { wrapped } from '../wrap';

const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
const LABEL = 11;
const WIDTH = 78;

/** A line with its label; what follows goes under it. */
export function labelled(label: string, lines: readonly string[]): string {
  return lines
    .flatMap((text) => wrapped(text, WIDTH - 2 - LABEL))
    .map((text, n) => `  ${(n === 0 ? label : '').padEnd(LABEL)}${text}\n`)
    .join('');
}

export function bullets(title: string, texts: readonly string[], paint: (text: string) => string): string {
  if (texts.length === 0) return '';
  const lines = texts.flatMap((text) => wrapped(text, WIDTH - 4, '').map((part, n) => `  ${n === 0 ? '- ' : '  '}${part}`));
  return `${paint(title)}\n${lines.join('\n')}\n\n`;
}

export function foresightText(seen: Foresight, paint: Colours): string {
  const { candidate, writer, active, epoch, state, takes } = seen;
  const head = `${paint.strong(`${seen.order} of ${seen.pair}`)} (${seen.recordName}), control set ${seen.controlSet}, ${seen.standbyRegion}\n\n`;
  return [
    head,
    labelled('writer', [`${writer} (${active}) at epoch ${epoch}; the controller is ${state}`]),
    labelled('candidate', [
      candidate ? `${candidate.id}: loses ${lossText(candidate.loss)}` : 'none can take over now',
      ...seen.notChosen.map(({ id, because }) => `not ${id}: ${because}`),
    ]),
    labelled('loss', [
      ...(seen.loss === undefined ? [] : [seen.loss]),
      `judged at ${iso(seen.judged.atMs)} (${seen.judged.because})`,
    ]),
    labelled('fences', fenceTexts(seen.fences)),
    labelled('takes', [timesText(takes), longest(seen.steps)]),
    seen.evidence ? labelled('evidence', evidenceTexts(seen.evidence)) : '',
    '\n',
    bullets('Refused, because', seen.refused, paint.bad),
    bullets('Speaks against it', seen.against, paint.doubt),
    seen.refused.length > 0
      ? ''
      : `${paint.bad('After promote_replica there is no way back:')} the old writer must then be rebuilt.\n`,
  ].join('');
}

const evidenceTexts = ({ outside, probe, writer, lease }: Words): readonly string[] => [
  `Route 53 says ${outside.says}: ${outside.because}`,
  probe.because,
  `the writer is ${writer.says}: ${writer.because}`,
  ...(lease.says === 'none' ? [] : [`the lease is ${lease.says}: ${lease.because}`]),
];

function fenceTexts(fences: readonly ForeseenFence[]): readonly string[] {
  const always = fences.filter(({ tried }) => tried === 'always').map(({ level, name }) => `${level} ${name}`);
  const others = fences
    .filter(({ tried }) => tried !== 'always')
    .map(({ level, name, tried, because }) =>
      tried === 'never'
        ? `${level} ${name}: not tried, ${because}`
        : `${level} ${name}: tried ${tried}${because ? `; ${because}` : ''}`,
    );
  return [`${always.join(', ')}: always`, ...others];
}

const sec = (value: number) => (value < 120 ? `${value} s` : `${Math.round(value / 6) / 10} min`);

export const timesText = ({ typicalSec, worstSec, provenance }: Omit<ExpectedTime, 'id'>) =>
  `about ${sec(typicalSec)}, at worst ${sec(worstSec)} (${provenance})`;

/** Where the time goes. */
function longest(steps: readonly StepLine[]): string {
  const most = [...steps].sort((a, b) => (b.expected?.typicalSec ?? 0) - (a.expected?.typicalSec ?? 0))[0];
  return most?.expected ? `most of it ${most.step}, ${sec(most.expected.typicalSec)}; longer if it asks` : '';
}

/** One line a step: what it took, what it should take, what it may take. */
export function runTable(lines: readonly StepLine[], paint: Colours): string {
  const width = Math.max(...lines.map(({ step }) => step.length));
  return lines
    .map(({ step, state, outcome, elapsedSec, expected, limitSec }) => {
      const took = elapsedSec === undefined ? '' : `${elapsedSec.toFixed(elapsedSec < 100 ? 1 : 0)} s`;
      const said = outcome === undefined || outcome === 'done' ? '' : `${paint.doubt(outcome)}, `;
      const should = expected ? `${sec(expected.typicalSec)} to ${sec(expected.worstSec)} ${expected.provenance}, ` : '';
      return `  ${mark(state, outcome, paint)} ${step.padEnd(width)} ${took.padStart(8)}  ${said}${paint.quiet(`${should}limit ${sec(limitSec)}`)}\n`;
    })
    .join('');
}

const mark = (state: StepLine['state'], outcome: string | undefined, paint: Colours) => {
  if (state === 'waiting') return paint.quiet('·');
  if (state === 'running') return paint.strong('>');
  return outcome === 'done' ? paint.good('+') : paint.doubt('!');
};
