// Simulated failovers: `npm run simulate -- --worlds N --seed S`, or `--replay S` for one world as a timeline.
// Runs the bundle that esbuild makes: a loader's translation of each file is several times slower.
import { bundled } from '../test/bench/bundled.mjs';

const { module, remove } = await bundled('lib/lab/simulated/database/command.ts');
try {
  process.exitCode = await module.main(process.argv.slice(2), console.log);
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
} finally {
  remove();
}
