/** A status for people: what serves, what Route 53 says, what the journal says, what is wrong, what is not known, what to do. */

import { placed } from '../../lib/decide/database/service-watch';
import { lasting } from '../../lib/decide/database/words';
import type { DatabaseView } from '../../lib/runtime/drive/operator/database/view';
import type { ServerView, Verdict } from '../../lib/runtime/drive/operator/look';
import type { JournalView, PairStatus, ServiceView } from '../../lib/runtime/drive/operator/status';
import { consentCommand } from './database/watch';
import { shownMs } from './duration';
import type { Colours } from './shell';
import { wrappedLines } from './wrap';

const WIDTH = 76;

export function statusText(status: PairStatus, paint: Colours): string {
  const { pair, servers, probes, journal } = status;
  const known = pair.kind === 'known' ? `   pair ${pair.name}, control set ${pair.controlSet}, ${pair.region}` : '';
  const lines = [`${paint.strong(status.recordName)}${known}   ${paint.quiet(iso(status.atMs))}`, ''];
  if ('kind' in servers) lines.push(`  ${paint.doubt(`unknown: ${servers.because}`)}`);
  else for (const view of servers) lines.push(...serverLines(view, paint));
  lines.push('');
  for (const side of ['primary', 'standby'] as const) {
    const probe = probes[side];
    if (!probe) continue;
    const good = probe.kind === 'good';
    lines.push(
      `  ${side.padEnd(8)} asked from here   ${(good ? paint.good : paint.bad)(probe.because)} in ${(probe.tookMs / 1000).toFixed(2)} s`,
    );
  }
  if (probes.primary || probes.standby) lines.push('');
  if (status.service) lines.push(...serviceLines(status.service, journal, paint), '');
  if (journal.kind === 'known') {
    const { database } = journal;
    if (database) lines.push(...databaseLines(database, journal.epoch, status.lags, paint), '');
    lines.push(...journalLines(journal, status.atMs, paint), ...budgetLines(status), '');
  }
  if (journal.kind === 'known' && journal.drill?.level === 'TRAFFIC' && status.problems.length > 0) {
    lines.push(paint.doubt('A drill runs: it moves users on purpose, and puts everything back.'), '');
  }
  lines.push(
    ...section('Not well', status.problems, paint.bad),
    ...section('Not known', status.unknown, paint.doubt),
    ...section('Next', nextSteps(status), paint.strong),
  );
  lines.push(
    status.verdict === 'ok'
      ? status.unknown.length === 0
        ? paint.good('All is well.')
        : paint.doubt('What was seen is well; not everything was seen.')
      : status.verdict === 'not ok'
        ? paint.bad('Not all is well.')
        : paint.doubt('Nothing could be learned.'),
  );
  return `${lines.join('\n')}\n`;
}

function serverLines({ server, serves, answers, beacons }: ServerView, paint: Colours): string[] {
  const said = answers.map(({ type, answer }) =>
    answer.kind === 'answer' ? `${type} ${answer.values.join(', ')} (TTL ${answer.ttlSec} s)` : `${type} ${answer.because}`,
  );
  const side = serves === 'unknown' ? '' : `${serves === 'primary' ? paint.good(serves) : paint.bad(serves)}: `;
  return [
    `  server ${paint.strong(server)}`,
    `    answers    ${side}${said.join('; ') || paint.doubt('nothing')}`,
    ...Object.entries(beacons).map(([of, verdict]) => `    ${of.padEnd(10)} ${beaconText(of, verdict, paint)}`),
  ];
}

function beaconText(of: string, verdict: Verdict | undefined, paint: Colours): string {
  if (verdict === undefined || verdict.kind === 'unknown') return paint.doubt(`unknown: ${verdict?.because ?? 'not asked'}`);
  const good = verdict.kind === 'healthy';
  const word = of === 'latch' ? (good ? 'not latched' : 'latched') : verdict.kind;
  return (good ? paint.good : paint.bad)(word);
}

function journalLines(journal: JournalView, nowMs: number, paint: Colours): string[] {
  const { drill, daysSinceSuccess } = journal;
  const days = typeof daysSinceSuccess === 'number' ? `${daysSinceSuccess} days ago` : daysSinceSuccess.because;
  return [
    `  drill      ${drill ? paint.strong(runningText(drill, nowMs)) : 'none runs'}`,
    `  passed     ${days}`,
    ...journal.lastDrills.map(
      ({ id, level, verdict, endedAtMs }, n) =>
        `  ${(n === 0 ? 'last' : '').padEnd(10)} ${iso(endedAtMs)}  ${level.padEnd(8)}${(verdict === 'passed' ? paint.good : paint.bad)(verdict.padEnd(9))}${id}`,
    ),
    `  paused     ${journal.pausedUntilMs === undefined ? 'no' : paint.doubt(`until ${iso(journal.pausedUntilMs)}`)}`,
    `  incident   ${journal.incident ? paint.bad(`${journal.incident.key} since ${iso(journal.incident.sinceMs)}`) : 'none'}`,
  ];
}

function databaseLines(database: DatabaseView, epoch: number, lags: PairStatus['lags'], paint: Colours): string[] {
  const { active, writer, state, latched, heldUntilMs, run, claim, rebuilt, lastRun } = database;
  const side = active === 'primary' ? paint.good(active) : paint.bad(active);
  const last = lastRun
    ? `${iso(lastRun.endedAtMs)}  ${lastRun.id} (${lastRun.kind}) ${lastRun.outcome}${lastRun.lossMs === undefined ? '' : `, loss ${lasting(lastRun.lossMs)}`}`
    : 'none';
  return [
    `  writer     ${writer} (${side}) at epoch ${epoch}; the controller is ${state}`,
    ...lagLines(lags, paint),
    `  latch      ${latched ? paint.bad('on: users stay at the standby') : 'off'}${heldUntilMs === undefined ? '' : paint.doubt(`; held at the primary until ${iso(heldUntilMs)}`)}`,
    `  run        ${run ? paint.strong(`${run.id} (${run.kind}) by ${run.startedBy}: ${run.step ?? 'between steps'}${run.promotionRequested ? ', no way back' : ''}`) : 'none'}`,
    `  last run   ${last}`,
    `  claim      ${claim ? paint.bad(claim.because) : 'none'}`,
    ...(rebuilt ? [`  rebuilt    ${rebuilt.id}${rebuilt.replicating ? '' : ', not replicating yet'}`] : []),
  ];
}

function serviceLines({ id, kind, region, now }: ServiceView, journal: PairStatus['journal'], paint: Colours): string[] {
  const said =
    now.kind === 'writes'
      ? paint.good(`${placed(now)} writes`)
      : now.kind === 'amiss'
        ? paint.bad(now.because)
        : paint.doubt(`unknown: ${now.because}`);
  const { verified, amiss, unknownBecause } = (journal.kind === 'known' ? journal.service : undefined) ?? {};
  const keeper = amiss
    ? paint.bad(`saw nobody write since ${iso(amiss.sinceMs)}${amiss.paged ? '; it has paged' : ''}`)
    : verified
      ? `saw ${placed(verified)} write`
      : paint.doubt('has not seen a writer yet');
  return [
    `  database   ${kind} ${id} in ${region}; its own service fails it over`,
    `  writer     ${said}`,
    `  keeper     ${keeper}${unknownBecause === undefined ? '' : paint.doubt(`; its last look: ${unknownBecause}`)}`,
  ];
}

function lagLines(lags: PairStatus['lags'], paint: Colours): string[] {
  if ('kind' in lags) return [`  lag        ${paint.doubt(`unknown: ${lags.because}`)}`];
  return lags.map(({ id, lag, limitMs }, n) => {
    const said =
      lag.kind === 'unknown'
        ? paint.doubt(`unknown: ${lag.because}`)
        : `${(lag.ms > limitMs ? paint.bad : paint.good)(shownMs(lag.ms))} at ${iso(lag.atMs)}, limit ${shownMs(limitMs)}`;
    return `  ${(n === 0 ? 'lag' : '').padEnd(10)} ${id}: ${said}`;
  });
}

const budgetLines = ({ targets, pair }: PairStatus) =>
  targets && pair.kind === 'known'
    ? [
        `  targets    detection ${targets.detectionSec} s, switch ${targets.switchSec} s, RTO ${targets.rtoSec} s (measured: drill report)`,
      ]
    : [];

function runningText(drill: NonNullable<JournalView['drill']>, nowMs: number): string {
  const sec = Math.round((nowMs - drill.startedAtMs) / 1000);
  const stop = drill.stopRequested ? ', told to stop' : '';
  return `${drill.id} (${drill.level}): ${drill.step ?? 'between steps'}, for ${sec} s, put back by ${iso(drill.deadlineMs)} at the latest${stop}`;
}

/** Orders that what the journal says asks for; the person decides. */
function nextSteps({ pair, journal, atMs }: PairStatus): readonly string[] {
  if (pair.kind !== 'known' || journal.kind !== 'known') return [];
  const named = `${pair.name} --region ${pair.region}`;
  const { drill, database } = journal;
  const { run, claim, rebuilt, active } = database ?? {};
  return [
    ...(run?.asksLossMs === undefined ? [] : [`consent to the loss: ${consentCommand(named, run.epoch, run.asksLossMs)}`]),
    ...(run?.stuckBecause ? [`mend what it is stuck on, then: failover adopt ${named} --epoch ${run.epoch}`] : []),
    ...(run && !run.stuckBecause ? [`follow the run: failover watch ${named}`] : []),
    ...(claim ? [`make sure that only one database writes, then: failover clear-claim ${named}`] : []),
    ...(active === 'standby' && !run
      ? rebuilt?.replicating
        ? [`the way back, on a quiet day: failover failback ${named} --writes-stopped`]
        : [`get a standby back, part "Afterwards": failover runbook ${named}`]
      : []),
    ...(drill ? [`follow the drill: failover drill watch ${named}`] : []),
    ...(drill && atMs > drill.deadlineMs ? [`put it back now: failover drill abort ${named}`] : []),
  ];
}

const section = (title: string, lines: readonly string[], paint: (text: string) => string) =>
  lines.length === 0
    ? []
    : [
        title,
        ...lines.flatMap((line) =>
          wrappedLines(line, WIDTH)
            .split('\n')
            .map((part, n) => paint(`${n === 0 ? '  ' : '    '}${part}`)),
        ),
        '',
      ];

const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
