// What the shipped prober costs with 200 pairs: processor time of a tick, which comes every 5 s, and memory.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bundled } from './bundled.mjs';
import { median, root, row } from './common.mjs';

const TARGETS = 200;
const TICKS = 6;
/** Of the function, as deployed. */
const MEMORY_MB = 512;

export async function run() {
  if (!existsSync('/proc/self/stat')) throw new Error('processor time of a child is read from /proc, which only Linux has');
  const [bench, runner] = [await bundled('test/bench/prober.ts'), await bundled('lib/lab/lambda-runner.ts')];
  try {
    const found = await bench.module.measure(TARGETS, TICKS, join(root, 'assets'), runner.file);
    const most = Math.max(...found.cpuSec).toFixed(2);
    const note = `measured (shipped bundle, loopback): median of ${TICKS} ticks after 30 s, at most ${most} s; ${found.ticks.toFixed(1)} ticks came, ${Math.round(found.callsPerTick)} AWS calls each`;
    return [
      row('prober, targets that it looked at', found.seen, { atLeast: TARGETS }),
      row(`prober, ${TARGETS} targets, processor time per tick`, median(found.cpuSec), { unit: 's', aim: 0.7, note }),
      row(`prober, ${TARGETS} targets, peak memory`, found.peakMb, {
        unit: 'MB',
        aim: MEMORY_MB,
        note: 'measured; the aim is the memory of the function',
      }),
    ];
  } finally {
    bench.remove();
    runner.remove();
  }
}
