import { medianMs } from './report';
import type { DrillReport } from './report-shape';

const iso = (ms: number | undefined) => (ms === undefined ? 'never seen' : new Date(ms).toISOString());
const sec = (ms: number | null) => (ms === null ? 'unknown' : `${(ms / 1000).toFixed(1)} s`);
/** Texts of the outside world may not break out of a table or a line. */
const plain = (text: string) => text.replace(/\s+/g, ' ').replace(/[|<>`\\]/g, (char) => `\\${char}`);

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(plain).join(' | ')} |`;
  return [line(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(line), ''];
}

/** The report for people. Every number stands with unit and provenance. */
export function markdownOf(report: DrillReport): string {
  const lines = [
    `# Drill ${plain(report.drillId)}: ${report.verdict}`,
    '',
    `Pair \`${report.pair}\`, level ${report.level}, scenario ${report.scenario}, asked by ${plain(report.requestedBy)}, ` +
      `${iso(report.startedAtMs)} to ${iso(report.endedAtMs)}.`,
    '',
    ...report.because.map((reason) => `- ${plain(reason)}`),
    ...(report.because.length > 0 ? [''] : []),
    ...measured(report),
    '## Restore',
    '',
    `${plain(report.restore.outcome)}${report.restore.atMs === undefined ? '' : ` at ${iso(report.restore.atMs)} by the ${report.restore.by}`}; ` +
      `the name answered the primary again: ${iso(report.restore.returnedAtMs)}.`,
    '',
  ];
  if (report.certificates.length > 0) {
    lines.push('## Certificates', '');
    lines.push(
      ...table(
        ['Site', 'Days left'],
        report.certificates.map((c) => [c.site, c.daysLeft === null ? `unknown: ${c.because ?? ''}` : `${c.daysLeft}`]),
      ),
    );
  }
  lines.push(
    '## Timeline',
    '',
    ...table(
      ['Time', 'What'],
      report.timeline.map((entry) => [iso(entry.atMs), entry.what]),
    ),
  );
  return lines.join('\n');
}

function measured(report: DrillReport): string[] {
  if (report.results.length === 0) return [];
  const { marks, sampling } = report;
  const worst = report.clientsMs.includes(null) ? null : Math.max(...report.clientsMs.map((ms) => ms ?? 0));
  return [
    '## Results',
    '',
    ...table(
      ['What', 'Seconds', 'Target', 'Met', 'Provenance'],
      report.results.map((r) => [
        r.name,
        r.sec === null ? 'unknown' : r.sec.toFixed(1),
        `${r.targetSec}`,
        r.met ? 'yes' : 'no',
        r.provenance,
      ]),
    ),
    ...(report.limits ?? []).flatMap((limit) => [`Not shown: ${plain(limit)}.`, '']),
    `Clients (measured): worst ${sec(worst)}, median ${sec(medianMs(report.clientsMs))}, of ${report.clientsMs.length}.`,
    `Sampling (measured): every ${sampling.periodMs} ms, largest gap ${sampling.largestGapMs} ms, limit ${sampling.limitMs} ms: ${sampling.valid ? 'valid' : 'invalid'}.`,
    '',
    ...table(
      ['Mark', 'Time', 'What'],
      [
        ['t0', iso(marks.t0), `fault effective (${marks.t0Source ?? 'not known'})`],
        ['tD', iso(marks.tD), 'first authoritative "unhealthy"'],
        ['tS', iso(marks.tS), 'the name answers the standby on every server'],
        ['tR', iso(marks.tR), 'the last client is served by the standby'],
        ['tB', iso(marks.tB), 'the name answers the primary again on every server'],
      ],
    ),
    '## Expectations',
    '',
    ...table(
      ['What', 'Expected', 'Seen', 'Met'],
      report.expectations.map((e) => [e.name, e.expected, e.seen, e.met ? 'yes' : 'no']),
    ),
  ];
}
