/** The report of one run of the lab as a page: verdict, plots, promises, and what happened when. */
import type { Figure } from '../../lib/lab/run/outcome';
import type { LabReport } from '../../lib/lab/run/report/document';
import { MISSED, rowsText, TITLES, tookText } from '../../lib/lab/run/verdict';
import { draw } from '../page/draw';
import { escaped, pageOf } from '../page/html';
import { type Chart, chartsOf, type Key } from './charts';
import { axisOf, secOf } from './series';

export async function labPage(report: LabReport): Promise<string> {
  const figures: string[] = [];
  for (const chart of chartsOf(report)) figures.push(await figureOf(chart));
  return pageOf({
    title: `Lab: ${report.scenario}`,
    style: STYLE,
    body: [
      head(report),
      verdictTable(report),
      `<h2>What happened</h2>\n${figures.join('\n')}`,
      promises(report),
      `<h2>How to read the numbers</h2>\n<ul>${report.remarks.map((text) => `<li>${escaped(text)}</li>`).join('')}</ul>`,
      marksTable(report),
      timeline(report),
    ].join('\n'),
  });
}

function head(report: LabReport): string {
  const { scenario, about, scale, seed, protocol, wallMs, startedAtMs, versions } = report;
  const facts = [
    scale === 1 ? 'real time' : `${scale} times as fast as real time`,
    `seed ${seed}`,
    protocol.toUpperCase(),
    `${(wallMs / 1_000).toFixed(1)} s of real time`,
    new Date(startedAtMs).toISOString().replace('T', ' ').replace(/\..*/, ' UTC'),
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
  ];
  return `<h1>${badge(report.passed, 'PASSED', 'FAILED')} ${escaped(scenario)}</h1>
<p class="about">${escaped(about)}</p>
<p class="quiet">A lab on loopback: ${facts.map(escaped).join(' · ')}. Times are lab time; none was measured on AWS.</p>`;
}

const badge = (good: boolean, yes: string, no: string) => `<span class="${good ? 'good' : 'bad'}">${good ? yes : no}</span>`;

function verdictTable(report: LabReport): string {
  if (report.figures.length === 0) return '<p>This scenario holds no time against a target.</p>';
  const rows = report.figures.map((figure) => verdictRow(report, figure));
  const missed = report.figures.some(({ met }) => !met) ? `<p class="quiet">${MISSED}</p>` : '';
  return `<table class="verdict"><thead><tr><th></th><th>took</th><th>target</th><th>verdict</th><th>provenance</th></tr></thead>
<tbody>${rows.join('')}</tbody></table>${missed}`;
}

function verdictRow(report: LabReport, figure: Figure): string {
  const { name, targetSec, met, provenance } = figure;
  const rows = rowsText(figure) && `, ${rowsText(figure)}`;
  return `<tr><th>${TITLES[name]}</th><td class="number">${tookText(figure, report.sampling?.largestGapMs ?? 0)}</td>
<td class="number">${targetSec} s</td><td>${badge(met, 'met', 'missed')}</td><td>${provenance} (${escaped(report.origin)})${rows}</td></tr>`;
}

async function figureOf({ id, title, keys, origin, spec }: Chart): Promise<string> {
  const from = origin === '' ? '' : ` <span class="origin">${escaped(origin)}</span>`;
  return `<figure id="${id}"><figcaption><b>${escaped(title)}</b>${from}<span class="keys">${keys.map(keyOf).join('')}</span></figcaption>
${await draw(spec)}</figure>`;
}

const keyOf = ({ name, colour, line }: Key) =>
  `<span class="key"><i class="${line ?? 'box'}" style="--key: ${colour}"></i>${escaped(name)}</span>`;

function promises({ expectations }: LabReport): string {
  const rows = expectations.map(
    ({ what, met, seen }) =>
      `<tr><td>${badge(met, 'ok', 'FAIL')}</td><td>${escaped(what)}</td><td class="quiet">${escaped(seen)}</td></tr>`,
  );
  return `<h2>What the scenario promises</h2>\n<table class="promises"><tbody>${rows.join('')}</tbody></table>`;
}

function marksTable(report: LabReport): string {
  if (report.marks.length === 0) return '';
  const axis = axisOf(report);
  const rows = report.marks.map(
    ({ name, what, atMs, origin }) =>
      `<tr><th>${escaped(name)}</th><td class="number">${secOf(axis, atMs).toFixed(1)} s</td><td>${escaped(what)}</td><td class="quiet">${origin === 'truth' ? "the lab's ground truth" : 'measured'}</td></tr>`,
  );
  return `<h2>Marks</h2>\n<table class="marks"><tbody>${rows.join('')}</tbody></table>`;
}

function timeline(report: LabReport): string {
  const axis = axisOf(report);
  const rows = report.timeline.map(
    ({ atMs, who, text, tone }) =>
      `<tr><td class="number">${secOf(axis, atMs).toFixed(1)} s</td><th>${escaped(who)}</th><td class="${tone}">${escaped(text)}</td></tr>`,
  );
  return `<h2>Timeline</h2>\n<table class="timeline"><tbody>${rows.join('')}</tbody></table>`;
}

const STYLE = `
  body { max-width: 1180px; }
  h1 > span { border: 2px solid; border-radius: .4rem; padding: 0 .5rem; font-size: .75em; vertical-align: .1em; }
  .about { font-size: 1.1rem; margin: 0; }
  .quiet { color: var(--quiet); }
  .good { color: var(--good); }
  .bad { color: var(--bad); }
  table { border-collapse: collapse; }
  th, td { text-align: left; padding: .2rem 1.2rem .2rem 0; vertical-align: top; }
  td.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
  .verdict { margin: 1rem 0; }
  .verdict td, .verdict th { border-bottom: 1px solid var(--line); }
  .verdict thead th { color: var(--quiet); font-weight: normal; }
  .verdict td.number { font-size: 1.1rem; }
  .verdict span { font-weight: 600; }
  .promises td:first-child { font-weight: 600; }
  .timeline { font-size: 13px; line-height: 1.35; }
  .timeline th { font-weight: 600; white-space: nowrap; }
  figure { margin: 1.2rem 0 0; }
  figcaption { font-size: 14px; display: flex; flex-wrap: wrap; column-gap: .8rem; align-items: baseline; margin-bottom: .2rem; }
  .origin { color: var(--quiet); border: 1px solid var(--line); border-radius: 1rem; padding: 0 .5rem; font-size: 12px; }
  .keys { display: flex; flex-wrap: wrap; column-gap: .9rem; font-size: 12.5px; color: var(--quiet); margin-left: auto; }
  .key { display: inline-flex; align-items: center; gap: .35rem; }
  .key i { width: 14px; height: 10px; background: var(--key); border-radius: 2px; }
  .key i.solid { height: 0; background: none; border-top: 2px solid var(--key); border-radius: 0; }
  .key i.dashed { height: 0; background: none; border-top: 2px dashed var(--key); border-radius: 0; }`;
