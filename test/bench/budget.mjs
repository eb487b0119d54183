// What judging the budgets adds to the synth of 100 pairs: everything that BudgetEntry does, the file included.
// CPU time, because other work on the machine stretches the wall clock.
import { builtDist, fresh, median, row } from './common.mjs';

const ROUNDS = 7;

/** 100 pairs over five control sets, each set with a health probe of its own; cold, in a fresh process. */
const overhead = () =>
  fresh(
    `const { App } = require('aws-cdk-lib'); const fs = require('fs');
     const { FailoverPair, FailoverRegions, HealthProbe, Site } = require('./dist/index.js');
     const { BudgetEntry } = require('./dist/constructs/budget/budget-entry.js');
     let us = 0; let depth = 0;
     for (const name of ['announce', 'write']) {
       const real = BudgetEntry.prototype[name];
       BudgetEntry.prototype[name] = function (...args) {
         const c = process.cpuUsage(); depth++;
         try { return real.apply(this, args); } finally {
           if (--depth === 0) { const { user, system } = process.cpuUsage(c); us += user + system; }
         }
       };
     }
     const outdir = fs.mkdtempSync(require('path').join(require('os').tmpdir(), 'budget-'));
     const app = new App({ outdir });
     const probes = [{}, { failures: 2 }, { failures: 4 }, { path: '/up', failures: 5 }, { failures: 10 }];
     probes.forEach((probe, s) => {
       const regions = new FailoverRegions(app, 'Set' + s, {
         account: '111111111111', primary: 'eu-west-1', standby: 'eu-central-1',
         zone: { zoneName: 'example.com', hostedZoneId: 'Z0123456789ABCDEFGHIJ' },
       });
       for (let p = 0; p < 20; p++) {
         new FailoverPair(regions.routing, 'Pair' + p, {
           regions, recordName: 's' + s + 'p' + p, pairName: 's' + s + 'p' + p, health: HealthProbe.https(probe),
           primary: Site.ip('1.2.' + s + '.' + (p + 1)), standby: Site.ip('5.6.' + s + '.' + (p + 1)),
         });
       }
     });
     app.synth();
     const { pairs } = JSON.parse(fs.readFileSync(outdir + '/failover-budget.json', 'utf8'));
     fs.rmSync(outdir, { recursive: true, force: true });
     console.log(JSON.stringify({ ms: us / 1000, pairs: pairs.length }));`,
    { CDK_VALIDATION: 'false' },
  );

export async function run() {
  builtDist();
  const runs = Array.from({ length: ROUNDS }, overhead);
  if (runs.some(({ pairs }) => pairs !== 100)) throw new Error('the budget file does not hold 100 pairs');
  return [
    row('synth time that the budgets of 100 pairs take', median(runs.map(({ ms }) => ms)), {
      unit: 'ms CPU',
      aim: 50,
      note: 'five kinds of checks, cold process, budget file included',
    }),
  ];
}
