// Mutation testing of lib/decide: `npm run mutate -- database latch`, or everything when nothing is named;
// `npm run mutate -- database/trigger machine` takes single files, to work in short slices. What was killed before and did not
// change is taken from .stryker; the scores are of every file of the folder that was tested, now or before.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Stryker } from '@stryker-mutator/core';

const root = join(import.meta.dirname, '..');
const decide = join(root, 'lib/decide');
const isFolder = (name) => existsSync(join(decide, name)) && statSync(join(decide, name)).isDirectory();
const isFile = (name) => existsSync(join(decide, `${name}.ts`));
const everything = readdirSync(decide).map((name) => name.replace(/\.ts$/, ''));
// A folder and a file beside it may share a name: the folder is meant.
const names = process.argv.length > 2 ? process.argv.slice(2) : everything;
const unknown = names.filter((name) => !isFolder(name) && !isFile(name));
if (unknown.length > 0) {
  console.error(`not in lib/decide: ${unknown.join(', ')}; there are ${everything.join(', ')}, and files such as latch/names`);
  process.exit(2);
}

const KILLED = ['Killed', 'Timeout'];
const COUNTED = [...KILLED, 'Survived', 'NoCoverage'];

function scoreOf(name, mutants) {
  const count = (...statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const [killed, counted, off] = [count(...KILLED), count(...COUNTED), count('Ignored')];
  if (counted === 0) return `${name}: nothing to kill`;
  const switchedOff = off > 0 ? `; ${off} switched off with a reason` : '';
  return `${name}: ${killed} of ${counted} mutants killed, ${((100 * killed) / counted).toFixed(1)} %${switchedOff}`;
}

for (const name of names) {
  const folder = isFolder(name) || name.includes('/') ? name.split('/')[0] : '.';
  const kept = join(root, `.stryker/${folder === '.' ? 'top' : folder}.json`);
  // A mutant of a constant meets every test: those of its own folder alone keep that short.
  process.env.MUTATED_FOLDER = folder;
  await new Stryker({
    mutate: [isFolder(name) ? `lib/decide/${name}/**/*.ts` : `lib/decide/${name}.ts`],
    incrementalFile: kept,
    jsonReporter: { fileName: kept.replace('.json', '-report.json') },
  }).runMutationTest();
  if (!existsSync(kept)) continue;
  const files = Object.entries(JSON.parse(readFileSync(kept, 'utf8')).files);
  for (const [file, { mutants }] of files) console.log(scoreOf(file.replace(/^lib\/decide\/|\.ts$/g, ''), mutants));
  if (folder !== '.')
    console.log(
      scoreOf(
        folder,
        files.flatMap(([, { mutants }]) => mutants),
      ),
    );
}
