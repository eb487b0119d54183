/** Steps of a drill for people. */
import type { StepLine } from '../../../lib/runtime/drive/operator/progress';
import type { Colours } from '../shell';

export function stepTable(lines: readonly StepLine[], paint: Colours): string {
  const width = Math.max(...lines.map(({ about }) => about.length));
  const running = lines.some(({ state }) => state !== 'waiting');
  return lines
    .map(
      (line) =>
        `  ${mark(line, paint)} ${line.step.padEnd(13)}${running ? took(line) : line.about.padEnd(width)}  ${times(line, paint)}\n`,
    )
    .join('');
}

const mark = ({ state, outcome }: StepLine, paint: Colours) => {
  if (state === 'waiting') return paint.quiet('·');
  if (state === 'running') return paint.strong('>');
  return outcome === 'failed' || outcome === 'refused' || outcome === 'aborted' ? paint.bad('x') : paint.good('+');
};

const took = ({ state, outcome, elapsedSec }: StepLine) => {
  const sec = elapsedSec === undefined ? '' : `${elapsedSec.toFixed(1)} s`;
  return `${sec.padStart(9)}  ${(state === 'running' ? 'running' : (outcome ?? '')).padEnd(24)}`;
};

/** What is expected is always said with its provenance; a limit is our own. */
function times({ expected, limitSec }: StepLine, paint: Colours): string {
  const { typicalSec, worstSec, provenance } = expected ?? {};
  const span = typicalSec === worstSec ? `${typicalSec}` : `${typicalSec} to ${worstSec}`;
  return paint.quiet(`${expected ? `about ${span} s (${provenance}), ` : ''}limit ${limitSec} s`);
}
