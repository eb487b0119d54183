// How far the shipped drill's measurement is from the lab's ground truth, from one run of the lab.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, row } from './common.mjs';

export async function run() {
  const folder = mkdtempSync(join(tmpdir(), 'drill-'));
  try {
    for (const script of ['build-assets', 'build-cli']) {
      const built = spawnSync(process.execPath, [`scripts/${script}.mjs`], { cwd: root, encoding: 'utf8' });
      if (built.status !== 0) throw new Error(`scripts/${script}.mjs failed:\n${built.stderr}`);
    }
    const file = join(folder, 'report.json');
    const lab = spawnSync(process.execPath, ['dist-cli/failover.js', 'lab', 'drill', '--json', file], {
      cwd: root,
      encoding: 'utf8',
    });
    const report = JSON.parse(readFileSync(file, 'utf8'));
    const { largestGapMs } = report.sampling;
    const marks = report.expectations.filter(({ what }) => what.includes('ground truth'));
    if (marks.length === 0) throw new Error(`the lab compared nothing with its ground truth:\n${lab.stdout}`);
    return [
      ...marks.map(({ what, seen }) => {
        const apart = /([\d.]+) ms apart/.exec(seen);
        return row(`drill against ground truth, ${what.split(':')[0]}`, apart ? Number(apart[1]) : Number.POSITIVE_INFINITY, {
          unit: 'ms',
          aim: largestGapMs,
          note: apart ? `lab, scale ${report.scale}, loopback; the aim is the largest gap between samples` : seen,
        });
      }),
      row('lab run, promises broken', report.expectations.filter(({ met }) => !met).length, { aim: 0 }),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
