import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { axisOf, columnOf, rates, spans, steps } from '../../../bin/lab/series';
import type { LabReport } from '../../../lib/lab/run/report/document';
import { bundleTo } from '../../support/bundle';
import { openInChromium, withChromium } from '../../support/chromium';
import { recordedReport } from './recorded';

const home = mkdtempSync(join(tmpdir(), 'lab-page-'));
const drawer = join(home, 'draw.cjs');

beforeAll(() =>
  bundleTo(
    drawer,
    `import { readFileSync, writeFileSync } from 'node:fs';
     import { labPage } from './bin/lab/page';
     const [from, to] = process.argv.slice(2);
     void labPage(JSON.parse(readFileSync(from, 'utf8'))).then((page) => writeFileSync(to, page));`,
  ),
);
afterAll(() => rmSync(home, { recursive: true, force: true }));

function pageOf(name: string, report: LabReport): string {
  const [json, html] = [join(home, `${name}.json`), join(home, `${name}.html`)];
  writeFileSync(json, JSON.stringify(report));
  const child = spawnSync(process.execPath, [drawer, json, html], { encoding: 'utf8' });
  expect({ status: child.status, stderr: child.stderr }).toEqual({ status: 0, stderr: '' });
  return html;
}

/** How many shapes the plot has of one layer. */
const shapes = (dom: string, layer: string) => {
  const group = new RegExp(`<g class="mark-\\w+ role-mark ${layer}_marks"[^>]*>(.*?)</g>`, 's').exec(dom)?.[1] ?? '';
  return group.match(/<(path|line|text|rect)\b/g)?.length ?? 0;
};

describe('out of a recording', () => {
  const report = recordedReport();
  const axis = axisOf(report);
  const column = (key: string) => columnOf(report, key) ?? { origin: 'truth', values: [] };

  test('times are seconds since the fault, and what was normal is shown before it', () => {
    expect([axis.fromSec, axis.toSec]).toEqual([-20, 149.75]);
  });

  test('counts become rates', () => {
    const before = rates(report, column('writes.primary'), axis).filter(({ sec }) => sec < -1);
    expect(before.length).toBeGreaterThan(10);
    for (const { perSec } of before) expect(perSec).toBeCloseTo(30, 0);
  });

  test('states become stretches, without a gap between them', () => {
    expect(spans(report, column('writer'), axis)).toEqual([
      { fromSec: -20, toSec: 0, value: 'primary' },
      { fromSec: 0, toSec: 122, value: 'nobody' },
      { fromSec: 122, toSec: 149.75, value: 'standby' },
    ]);
  });

  test('of equal values only the ends are kept, and what is unknown is left out', () => {
    expect(steps(report, column('unhealthy.standby'), axis)).toEqual([
      { sec: -20, value: 0 },
      { sec: 149.75, value: 0 },
    ]);
    expect(steps(report, column('lag'), axis).at(-1)).toEqual({ sec: 121.75, value: 121.75 });
  });

  test('a column that was never recorded is no column', () => {
    expect(columnOf(report, 'requests.primary')).toBeUndefined();
  });
});

withChromium('the report of a run, in a browser', () => {
  test('shows every series, mark and target of a database run, asks for nothing and throws nothing', () => {
    const { dom, console, requests } = openInChromium(pageOf('database', recordedReport()));
    expect({ console, requests }).toEqual({ console: [], requests: [] });
    const series = [
      'writes_primary',
      'writes_standby',
      'writes_failed',
      'answers',
      'lag',
      'checkers_primary',
      'checkers_standby',
    ];
    expect(series.filter((layer) => shapes(dom, layer) === 0)).toEqual([]);
    expect([shapes(dom, 'targets'), shapes(dom, 'took'), shapes(dom, 'mark_names')]).toEqual([4, 4, 7]);
    // Lines of the marks run through each of the five plots.
    expect(dom.match(/role-mark marks_marks/g)).toHaveLength(5);
    const texts = [
      'tD 24.0',
      'promoted 122.0',
      '24.0 s, target 30 s',
      '125.0 s, target 900 s (beyond this plot)',
      '125.0 s, target 120 s',
      'epoch 1',
      '55 acknowledged rows lost',
      "the lab's ground truth",
      'measured (lab, scale 5, loopback)',
    ];
    expect(texts.filter((text) => !dom.includes(text))).toEqual([]);
  });

  test('shows a run that holds no time against a target', () => {
    const quiet = { ...recordedReport(), figures: [], marks: [] };
    const { dom, console, requests } = openInChromium(pageOf('quiet', quiet));
    expect({ console, requests }).toEqual({ console: [], requests: [] });
    expect(dom.includes('This scenario holds no time against a target.')).toBe(true);
    expect([shapes(dom, 'answers') > 0, shapes(dom, 'targets')]).toEqual([true, 0]);
  });

  test('a page that loads, throws and speaks would be found out', () => {
    const file = join(home, 'loud.html');
    writeFileSync(file, '<img src="http://127.0.0.1:9/x.png"><script>throw new Error("boom")</script>');
    const { console, requests } = openInChromium(file);
    expect([console.join(), requests]).toEqual([expect.stringContaining('Uncaught Error: boom'), ['http://127.0.0.1:9/x.png']]);
  });
});

test('the page itself tells browsers to load and to run nothing', () => {
  const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(
    readFileSync(pageOf('policy', recordedReport()), 'utf8'),
  );
  expect(policy?.[1]).toBe("default-src 'none'; style-src 'unsafe-inline'");
});
