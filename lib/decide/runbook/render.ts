import { FAILOVER_PLAN, UNDO_PLAN } from '../database/plan';
import type { Span } from '../timings/spans';
import type { Runbook, RunbookPart, RunbookStep } from './types';

const time = (sec: number) => (sec < 120 ? `${sec} s` : `${Math.round(sec / 6) / 10} min`);

/** A time with its unit, what it is, and where the number comes from. */
export const spanText = ({ p50Sec, worstSec, provenance, what }: Span): string =>
  `${time(p50Sec)}, at worst ${time(worstSec)} (${provenance}: ${what})`;

const THEN = { undo: 'gives up and undoes', continue: 'goes on without', stuck: 'is stuck, and pages' } as const;

/** What the machine does with the same step. */
function controllerText(name: string): readonly string[] {
  const planned = FAILOVER_PLAN.find((p) => p.step === name);
  const undo = UNDO_PLAN.find((p) => p.step === name);
  if (planned) return [`- **The controller** tries for ${time(planned.limitSec)}, then it ${THEN[planned.onLimit]}`];
  return undo ? [`- **The controller** tries for ${time(undo.limitSec)}, then it pages, and goes on with the next`] : [];
}

const stepText = (step: RunbookStep, number: string): string =>
  [
    `### ${number} ${step.title}`,
    '',
    `\`${step.name}\``,
    '',
    `- **Before:** ${step.before}`,
    `- **Takes:** ${step.takes ? spanText(step.takes) : step.waits}`,
    ...controllerText(step.name),
    '',
    '```sh',
    ...step.commands,
    '```',
    '',
    `- **See:** ${step.verify}`,
    `- **Not:** ${step.mustNot}`,
    '',
  ].join('\n');

const partText = (part: RunbookPart, n: number): string =>
  [
    `## ${n}. ${part.title}`,
    '',
    ...(part.text ? [part.text, ''] : []),
    ...part.steps.map((step, i) => stepText(step, `${n}.${i + 1}`)),
  ].join('\n');

/** The runbook as a page. */
export const markdown = ({ title, intro, setUp, parts, never }: Runbook): string =>
  [
    `# ${title}`,
    '',
    ...intro.flatMap((text) => [text, '']),
    '**Never:**',
    '',
    ...never.map((text) => `- ${text}`),
    '',
    '## Set up',
    '',
    '```sh',
    ...setUp,
    '```',
    '',
    ...parts.map((part, i) => partText(part, i + 1)),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
