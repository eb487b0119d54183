import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPORT_SCHEMA } from '../../lib/contracts/drill';
import { EVENT_SCHEMA } from '../../lib/contracts/events';
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

  test('schemas have the names that the documents give', () => {
    expect(read('docs/drill.md')).toContain(`Schema \`${REPORT_SCHEMA}\``);
    expect(read('docs/events.md')).toContain(`Schema \`${EVENT_SCHEMA}\``);
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
