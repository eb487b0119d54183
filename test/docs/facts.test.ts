import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPORT_SCHEMA } from '../../lib/contracts/drill';
import { EVENT_SCHEMA } from '../../lib/contracts/events';
import { STEAL_MS } from '../../lib/decide/database/lease';
import { PAUSE_MAX_MS } from '../../lib/decide/database/order-rules';
import { CONSENT_LIMIT_SEC, FAILOVER_PLAN, REPLAY_LIMIT_SEC, UNDO_PLAN } from '../../lib/decide/database/plan';
import { REST_MS } from '../../lib/decide/database/promotion-rules';
import { LOSS_WINDOW_MS } from '../../lib/decide/database/replica';
import { STEP_EVENTS } from '../../lib/decide/database/run-events';
import { TRANSITION_DETAIL_TYPE, TRANSITION_SCHEMA, TRANSITION_SOURCE } from '../../lib/decide/database/transition-events';
import { TRANSITIONS } from '../../lib/decide/database/transitions';
import { GRACE_MS } from '../../lib/decide/database/trigger';
import { FAILED_TICKS, TICK_MS } from '../../lib/decide/database/witnesses';
import { readRequest } from '../../lib/decide/drill/request';
import { METRIC } from '../../lib/decide/metrics';
import { MARKER_PATH_PREFIX } from '../../lib/decide/names';
import { chooseFailover, recordHealthy } from '../../lib/decide/route53';

const root = join(__dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const sources = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => read(join(folder, file)))
    .join('\n');
const unique = (found: Iterable<RegExpMatchArray>) => [...new Set([...found].map(([, name = '']) => name))].sort();

describe('what the documents say about the code', () => {
  test('events.md lists exactly the events that drill and keeper send', () => {
    const sent = unique(sources('lib/runtime/drive').matchAll(/type: '(drill-[a-z-]+)'/g));
    expect(unique(read('docs/events.md').matchAll(/^\| `(drill-[a-z-]+)`/gm))).toEqual(sent);
  });

  test('events.md lists every event of a database run, of its prober and of a latch', () => {
    const page = read('docs/events.md');
    const said = unique(sources('lib/runtime/drive').matchAll(/type: '([a-z]+(?:-[a-z]+)+)'/g));
    const steps = Object.values(STEP_EVENTS);
    expect(said).toContain('failover-stuck');
    expect([...said, ...steps].filter((type) => !page.includes(`\`${type}\``))).toEqual([]);
  });

  test('database-failover.md names events, alarms and steps that exist', () => {
    const page = read('docs/database-failover.md');
    const known = `${read('docs/events.md')}${sources('lib/constructs/database')}${JSON.stringify([...FAILOVER_PLAN, ...UNDO_PLAN])}`;
    const named = unique(page.matchAll(/`((?:failover|database|traffic|partition|outside|replica|promotion)-[a-z-]+)`/g));
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
    for (const { step } of FAILOVER_PLAN) expect(page).toContain(`\`${step}\``);
  });

  test('the limits that database-failover.md states are those of the rules', () => {
    const page = read('docs/database-failover.md').replace(/\s+/g, ' ');
    expect(page).toContain(`within ${GRACE_MS / 60_000} min`);
    expect(page).toContain(`Unanswered for ${CONSENT_LIMIT_SEC / 60} min`);
    expect(page).toContain(`automation rests for ${REST_MS / 60_000} min`);
    expect(page).toContain(`unchanged for ${STEAL_MS / 1000} s`);
    expect(page).toContain(`failed (${FAILED_TICKS} times in a row)`);
    expect(page).toContain(`looks every ${TICK_MS / 1000} s`);
    expect(page).toContain(`up to ${REPLAY_LIMIT_SEC} s for what was already sent`);
    expect(page).toContain(`highest lag of the last ${LOSS_WINDOW_MS === 120_000 ? 'two minutes' : '?'}`);
    expect(page).toContain(`(at most ${PAUSE_MAX_MS / 3_600_000} h)`);
  });

  test('the latch rows of failure-modes.md are what Route 53 answers', () => {
    const rows = [
      ...read('docs/failure-modes.md').matchAll(
        /^\| (on|off) \| (healthy|unhealthy|any) \| (healthy|unhealthy|any) \| \**([AB])\b/gm,
      ),
    ];
    expect(rows).toHaveLength(4);
    const either = (word = '') => (word === 'any' ? [true, false] : [word === 'healthy']);
    for (const [, latch, a, b, answer] of rows) {
      for (const [primary, standby] of either(a).flatMap((x) => either(b).map((y) => [x, y] as const))) {
        const latched = latch === 'on';
        const allowed = (id: string) => (id === 'a' ? primary && !latched : standby || latched);
        const chosen = chooseFailover({ site: 'A', check: 'a' }, { site: 'B', check: 'b' }, (r) =>
          recordHealthy(r.check, allowed),
        );
        expect([latch, primary, standby, chosen?.site]).toEqual([latch, primary, standby, answer]);
      }
    }
  });

  test('schemas have the names that the documents give', () => {
    expect(read('docs/drill.md')).toContain(`Schema \`${REPORT_SCHEMA}\``);
    expect(read('docs/events.md')).toContain(`Schema \`${EVENT_SCHEMA}\``);
    for (const name of [TRANSITION_SCHEMA, TRANSITION_SOURCE, TRANSITION_DETAIL_TYPE])
      expect(read('docs/events.md')).toContain(`\`${name}\``);
  });

  test('the transition that events.md shows is one of the controller, and its table has every field', () => {
    const page = read('docs/events.md');
    const shown = JSON.parse(/```json\n(\{\n {2}"source"[\s\S]*?)```/.exec(page)?.[1] ?? '{}');
    const { row, from, to, on, because } = shown.detail;
    expect(TRANSITIONS).toContainEqual({ row, from, to, on, because });
    expect([shown.source, shown['detail-type'], shown.detail.schema]).toEqual([
      TRANSITION_SOURCE,
      TRANSITION_DETAIL_TYPE,
      TRANSITION_SCHEMA,
    ]);
    const table = page.split('| Field of `detail` | Means |')[1]?.split('\n\n')[0] ?? '';
    const fields = [...table.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell = '']) => cell.match(/[a-zA-Z]+/g) ?? []);
    expect(fields).toEqual(Object.keys(shown.detail));
  });

  test('every request shown is one that the drill function takes', () => {
    const shown = ['README.md', 'docs/drill.md', 'docs/adopt.md'].flatMap((page) => [
      ...read(page).matchAll(/'?(\{"pair"[^}]*\})'?/g),
    ]);
    expect(shown.length).toBeGreaterThan(1);
    for (const [, json = ''] of shown) {
      const event = JSON.parse(json.replace('"..."', '"app"')) as unknown;
      expect(readRequest(event)).not.toHaveProperty('problems');
    }
  });

  test('the request table of drill.md has exactly the fields of a request', () => {
    const section = read('docs/drill.md').split('| Field | Means | Left out |')[1]?.split('\n\n')[0] ?? '';
    const accepted = readRequest({ pair: 'app', nonsense: 1 });
    expect(unique(section.matchAll(/^\| `([a-zA-Z]+)`/gm))).toEqual([
      'id',
      'level',
      'operation',
      'pair',
      'requestedBy',
      'scenario',
    ]);
    expect(accepted).toHaveProperty('problems');
  });

  test('the alarms of failure-modes.md exist', () => {
    const code = sources('lib/constructs');
    const named = unique(read('docs/failure-modes.md').matchAll(/`((?:primary|standby)-[a-z]+)`/g));
    expect(named).toEqual(['primary-certificate', 'primary-health', 'primary-reach', 'standby-health']);
    for (const part of ['-health', 'primary-reach', '-certificate']) expect(code).toContain(part);
  });

  test('drill.md lists exactly the metrics of a drill, and alarms that exist', () => {
    const page = read('docs/drill.md');
    expect(unique(page.matchAll(/^\| `([A-Z][a-z][A-Za-z]+)` \|/gm))).toEqual(
      Object.values(METRIC)
        .filter((name) => !name.startsWith('Database'))
        .sort(),
    );
    const code = sources('lib/constructs/drill');
    const alarms = unique(page.matchAll(/`(drill-(?:targets|failed|not-restored|overdue))`, (?:warning|critical)/g));
    expect(alarms).toEqual(['drill-failed', 'drill-not-restored', 'drill-overdue', 'drill-targets']);
    for (const alarm of alarms) expect(code).toContain(`'${alarm}'`);
  });

  test('the truth table of failure-modes.md is what Route 53 answers', () => {
    const rows = [
      ...read('docs/failure-modes.md').matchAll(
        /^\| (healthy|unhealthy) \| (healthy|unhealthy) \| \**(primary|standby)\** \| \**(primary|standby)\** \|$/gm,
      ),
    ];
    expect(rows).toHaveLength(4);
    for (const [, primary, standby, byPrimary, byStandby] of rows) {
      const health = (id: string) => (id === 'a' ? primary : standby) === 'healthy';
      const answer = (standbyCheck: string | undefined) =>
        chooseFailover({ site: 'primary', check: 'a' }, { site: 'standby', check: standbyCheck }, (record) =>
          recordHealthy(record.check, health),
        )?.site;
      expect([answer('b'), answer(undefined)]).toEqual([byPrimary, byStandby]);
    }
  });

  test('the health endpoint contract names the marker path', () => {
    for (const page of ['docs/health-endpoint.md', 'docs/drill.md', 'docs/glossary.md'])
      expect(read(page)).toContain(MARKER_PATH_PREFIX);
  });

  test('error codes that the documents name are thrown or warned somewhere', () => {
    const code = sources('lib/constructs');
    for (const name of ['OnePath', 'TooManyPairs', 'CrossRegionToken', 'BundleMissing'])
      expect(code).toMatch(new RegExp(`'${name}'|\\[${name}\\]`));
  });
});
