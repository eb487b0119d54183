/** The present of a lab in a few lines: what is answered, who is healthy, who writes, who is paged, and the marks so far. */
import type { Lab } from '../lab';
import { answerOf } from '../report/columns';
import { type Mark, trueMarks } from '../report/marks';
import { ALARMS, RECORD } from '../setting';
import { journalOf } from '../state';
import type { Paint } from './paint';

export interface PanelOptions {
  readonly paint: Paint;
  readonly width: number;
  readonly startedMs: number;
}

const RULE_MAX = 100;
const NAME_WIDTH = 9;

export function panel(lab: Lab, options: PanelOptions): string[] {
  const { paint, width, startedMs } = options;
  const nowMs = lab.time.nowMs();
  const marks = trueMarks(lab);
  return [
    paint.quiet('─'.repeat(Math.max(20, Math.min(RULE_MAX, width)))),
    answers(lab, options, nowMs),
    ...(['primary', 'standby'] as const).map((site) => siteLine(lab, site, paint)),
    ...(lab.database ? [databaseLine(lab, paint)] : []),
    workLine(lab, paint),
    markLine(marks, nowMs, paint),
    ruler(marks, startedMs, nowMs, Math.min(RULE_MAX, width), paint),
  ];
}

const named = (name: string) => name.padEnd(NAME_WIDTH);

function answers(lab: Lab, { paint, startedMs }: PanelOptions, nowMs: number): string {
  const sites = lab.world.servers.map((server) => answerOf(lab, server));
  const [first] = sites;
  const agreed = sites.every((site) => site === first);
  const said = agreed ? `the ${first}`.replace('the nobody', 'nobody') : sites.join(' | ');
  return `${named('dns')}${RECORD} answers ${paint.strong(said)}   ${paint.quiet(`t ${sec(nowMs - startedMs)}, ${lab.scale}x real time`)}`;
}

function siteLine(lab: Lab, site: 'primary' | 'standby', paint: Paint): string {
  const check = lab.pair.checks[site];
  const { healthy, of } = lab.world.healthChecks.healthyCheckers(check) ?? { healthy: 0, of: 0 };
  // Padded before it is painted: codes of colours have a length and no width.
  const verdict = lab.world.healthChecks.healthy(check) ? paint.good('healthy  ') : paint.bad('unhealthy');
  const bar = paint.good('●'.repeat(healthy)) + paint.bad('○'.repeat(of - healthy));
  const broken = lab.world.sites[site].fault;
  const path = lab.world.healthChecks.get(check)?.config.path ?? '';
  const state = broken ? paint.bad(`broken: ${broken}`) : paint.quiet(path);
  return `${named(site)}${bar} ${verdict} ${state}`;
}

function databaseLine(lab: Lab, paint: Paint): string {
  const state = journalOf(lab)?.database;
  const writer = lab.recorder.last('writer');
  const lag = lab.recorder.last('lag');
  const epoch = state?.run?.epoch ?? state?.lastRuns[0]?.epoch ?? 0;
  const writes = writer === undefined ? 'unknown' : writer === 'both' ? paint.bad('BOTH') : paint.strong(String(writer));
  const lagText = typeof lag === 'number' ? sec(1_000 * lag) : 'unknown';
  return `${named('database')}writer ${writes}   epoch ${epoch}   lag ${lagText}   ${paint.strong(state?.state ?? 'not watched yet')}`;
}

/** What is being carried, and who was told. */
function workLine(lab: Lab, paint: Paint): string {
  const journal = journalOf(lab);
  const run = journal?.database?.run;
  const work = journal?.drill ? 'drill' : run ? run.kind : lab.database ? 'failover' : 'drill';
  const steps = journal?.drill?.steps ?? run?.steps;
  const step = steps
    ? (Object.entries(steps).find(([, entry]) => entry.endedAtMs === undefined)?.[0] ?? 'between steps')
    : 'none';
  const alarm = lab.cloudWatch.stateOf(ALARMS.primary) ?? 'unknown';
  const open = lab.pagerDuty.open();
  const summary = open.length === 0 ? paint.good('none') : paint.bad(`${open.length} open: ${open.at(-1)?.summary ?? ''}`);
  return `${named(work)}${paint.strong(step)}   alarm ${alarm === 'OK' ? paint.good(alarm) : paint.bad(alarm)}   incident ${summary}`;
}

function markLine(marks: readonly Mark[], nowMs: number, paint: Paint): string {
  const t0 = marks.find(({ name }) => name === 't0');
  if (!t0) return `${named('marks')}${paint.quiet('none yet: nothing is broken')}`;
  const since = marks.map(({ name, atMs }) => (name === 't0' ? name : `${name} ${((atMs - t0.atMs) / 1_000).toFixed(1)}`));
  return `${named('marks')}${paint.strong(since.join('  '))}   ${paint.quiet(`now ${((nowMs - t0.atMs) / 1_000).toFixed(1)} s`)}`;
}

/** The run so far as one line; a diamond is a mark. */
function ruler(marks: readonly Mark[], startedMs: number, nowMs: number, width: number, paint: Paint): string {
  const cells = Array.from({ length: Math.max(1, width - NAME_WIDTH) }, () => '─');
  const spanMs = Math.max(1, nowMs - startedMs);
  for (const { atMs } of marks) {
    const cell = Math.round(((atMs - startedMs) / spanMs) * (cells.length - 1));
    if (cell >= 0 && cell < cells.length) cells[cell] = '◆';
  }
  return `${' '.repeat(NAME_WIDTH)}${paint.quiet(cells.join(''))}`;
}

const sec = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
