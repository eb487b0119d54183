// Mutation testing of lib/decide: `npm run mutate -- database latch`, or every folder when none is named;
// `npm run mutate -- database/trigger` takes one file, to work in short slices. What was killed before and did not change is
// taken from .stryker, and the score is of the whole folder as far as it was tested.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stryker } from '@stryker-mutator/core';

const root = join(import.meta.dirname, '..');
const decide = join(root, 'lib/decide');
const folders = readdirSync(decide, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !existsSync(join(decide, name)) && !existsSync(join(decide, `${name}.ts`)));
if (unknown.length > 0) {
  console.error(`not in lib/decide: ${unknown.join(', ')}; there are ${folders.join(', ')}, and files such as latch/names`);
  process.exit(2);
}

const KILLED = ['Killed', 'Timeout'];
const COUNTED = [...KILLED, 'Survived', 'NoCoverage'];

/** Of everything in the folder that was tested, now or before. */
function scoreOf(folder) {
  const report = JSON.parse(readFileSync(join(root, `.stryker/${folder}.json`), 'utf8'));
  const statuses = Object.values(report.files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
  const counted = statuses.filter((status) => COUNTED.includes(status)).length;
  const killed = statuses.filter((status) => KILLED.includes(status)).length;
  const off = statuses.filter((status) => status === 'Ignored').length;
  return `${folder}: ${killed} of ${counted} mutants killed, ${((100 * killed) / counted).toFixed(1)} %; ${off} switched off with a reason`;
}

for (const name of asked.length > 0 ? asked : folders) {
  const [folder] = name.split('/');
  // A mutant of a constant meets every test: those of its own folder alone keep that short.
  process.env.MUTATED_FOLDER = folder;
  await new Stryker({
    mutate: [name === folder ? `lib/decide/${folder}/**/*.ts` : `lib/decide/${name}.ts`],
    incrementalFile: `.stryker/${folder}.json`,
    jsonReporter: { fileName: `.stryker/${folder}-report.json` },
  }).runMutationTest();
  console.log(scoreOf(folder));
}
