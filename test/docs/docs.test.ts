import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { filled, regionBlocks, regionOf } from '../../scripts/docs';

const root = join(__dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const pagesUnder = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file));
const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...pagesUnder('docs'), ...pagesUnder('examples')];

describe('documents and their sources', () => {
  test.each(Object.keys(filled()))('%s is what "npm run docs" writes', (file) => {
    expect(read(file)).toBe(filled()[file]);
  });

  test('every TypeScript block of the README names its region and equals it', () => {
    const readme = read('README.md');
    const blocks = regionBlocks(readme);
    expect(blocks.length).toBe(readme.match(/^```ts/gm)?.length);
    expect(blocks.length).toBeGreaterThan(0);
    for (const { file, name, code } of blocks) expect(code).toBe(regionOf(file, name));
  });

  test('fails for a region that is not there', () => {
    expect(() => regionOf('examples/01-two-addresses/app.ts', 'gone')).toThrow(
      'no region gone in examples/01-two-addresses/app.ts',
    );
  });
});

describe.each(PAGES)('%s', (page) => {
  const text = read(page);

  test('links only to files that exist', () => {
    const targets = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)]
      .map(([, target = '']) => target)
      .filter((t) => !/^https?:/.test(t));
    expect(targets.filter((target) => !existsSync(join(root, normalize(join(dirname(page), target)))))).toEqual([]);
  });

  test('uses the words of the glossary', () => {
    const prose = text.replace(/`[^`]*`/g, '').toLowerCase();
    expect(prose.match(/\b(master|slave|active-passive|failing over to the secondary)\b/g) ?? []).toEqual([]);
  });

  test('names only commands that package.json has', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/npm run (?:-s )?([a-z]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe('documented names are the names in the code', () => {
  test('every id in numbers.md that other pages cite exists', () => {
    const numbers = read('docs/numbers.md');
    const cited = PAGES.filter((p) => !p.endsWith('numbers.md')).flatMap((p) =>
      [...read(p).matchAll(/`((?:check|record|client|api|alarm|rds|price)\.[a-z.-]+)`/g)].map(([, id = '']) => id),
    );
    expect(cited.length).toBeGreaterThan(0);
    expect(cited.filter((id) => !numbers.includes(`\`${id}\``))).toEqual([]);
  });

  test('every folder of the rooms in CONTRIBUTING exists', () => {
    const rooms = [...read('CONTRIBUTING.md').matchAll(/^\| `(lib\/[a-z/]+)`/gm)].map(([, room = '']) => room);
    expect(rooms.length).toBe(8);
    expect(rooms.filter((room) => !existsSync(join(root, room)))).toEqual([]);
  });
});
