// Twenty outages of the lab against the simulators: medians of detection and RTO, and how far the runs are apart.
import { bundled } from './bundled.mjs';
import { median, row } from './common.mjs';

const RUNS = 20;
const AT_ONCE = Number(process.env.LAB_WORLDS ?? 10);
const SCALE = Number(process.env.LAB_SCALE ?? 5);
const SIMULATED = 20_000;
const SEED = 20261120;
const AIM = 1.05;

export async function run() {
  const { module, remove } = await bundled('test/bench/lab.ts');
  try {
    const found = [];
    for (let done = 0; done < RUNS; done += AT_ONCE) found.push(...(await module.outages(AT_ONCE, SCALE, SEED + done)));
    const simulated = module.expected(SIMULATED, SEED);
    const blind = found.filter(({ largestGapMs }) => largestGapMs > module.GAP_LIMIT_MS).length;
    return [
      against(
        'detection',
        found.map(({ detectionSec }) => detectionSec),
        simulated.detectionSec,
      ),
      against(
        'RTO, last of eight clients',
        found.map(({ rtoSec }) => rtoSec),
        simulated.rtoSec,
      ),
      row('runs with a gap between samples above 1 s', blind, {
        aim: 0,
        note: `measured; largest ${Math.round(Math.max(...found.map(({ largestGapMs }) => largestGapMs)))} ms of lab time`,
      }),
    ];
  } finally {
    remove();
  }
}

function against(what, values, simulatedSec) {
  const seen = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  const ratio = median(seen) / simulatedSec;
  const sec = (value) => `${value.toFixed(1)} s`;
  return row(
    `lab, refused, 10 s x 3, ${what}: median of ${RUNS} runs against the simulators`,
    seen.length === RUNS ? Math.max(ratio, 1 / ratio) : Number.POSITIVE_INFINITY,
    {
      aim: AIM,
      note:
        `measured (lab, scale ${SCALE}, loopback, ${AT_ONCE} worlds at once): median ${sec(median(seen))}, ` +
        `${sec(seen[0] ?? Number.NaN)} to ${sec(seen.at(-1) ?? Number.NaN)}, ${seen.length} of ${RUNS} seen; ` +
        `simulated (${SIMULATED.toLocaleString('en-US')} outages): ${sec(simulatedSec)}; ratio ${ratio.toFixed(3)}`,
    },
  );
}
