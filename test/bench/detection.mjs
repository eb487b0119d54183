// Detection on real sockets against the closed form: 60 endpoints with 960 checkers at once, ten times as fast.
import { bundled } from './bundled.mjs';
import { row } from './common.mjs';

const ENDPOINTS = 60;
const SCALE = 10;
const MODES = ['refused', 'http-500', 'slow', 'black-hole'];
const AIM = 1.05;

export async function run() {
  const { module, remove } = await bundled('test/bench/detection.ts');
  const rows = [];
  let falseTurns = 0;
  try {
    for (const failures of [2, 3]) {
      for (const mode of MODES) {
        const m = await module.measure(mode, failures, ENDPOINTS, SCALE);
        const ratio = m.medianSec / m.expectedSec;
        const complete = m.endpoints === ENDPOINTS;
        falseTurns += m.falseTurns;
        rows.push(
          row(
            `detection, ${mode}, 10 s x ${failures}, measured against closed form`,
            complete ? Math.max(ratio, 1 / ratio) : Number.POSITIVE_INFINITY,
            {
              aim: AIM,
              note: `median ${m.medianSec.toFixed(1)} s of ${m.endpoints} endpoints, closed form ${m.expectedSec.toFixed(1)} s`,
            },
          ),
        );
      }
    }
  } finally {
    remove();
  }
  rows.push(row('endpoints that turned without a fault', falseTurns, { aim: 0 }));
  return rows;
}
