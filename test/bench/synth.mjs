// Synth of FailoverStack, against the same resources written as L1s with literal props, bundles included: the whole
// process as a user waits for it, and the second synth in a process, where loading no longer counts. CPU time, because other work
// on the machine stretches the wall clock. The template validation of newer aws-cdk-lib is off: it takes seconds, the same for both.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtDist, fresh, inTurn, median, README_STACK, root, row } from './common.mjs';

const ROUNDS = 7;

/** Type, props and references of every resource of our stack, as an L1 takes them; intrinsics are marks in the props. */
function asL1s() {
  return fresh(
    `const cdk = require('aws-cdk-lib'); const fs = require('fs'); const { CfnInclude } = require('aws-cdk-lib/cloudformation-include');
     const classes = JSON.parse(fs.readFileSync('node_modules/aws-cdk-lib/cloudformation-include/cfn-types-2-classes.json', 'utf8'));
     ${README_STACK}
     const outdir = fs.mkdtempSync(require('path').join(require('os').tmpdir(), 'l1-'));
     const app = new cdk.App({ outdir }); make(app); const stack = app.synth().stacks[0];
     const { files } = JSON.parse(fs.readFileSync(stack.templateFullPath.replace('.template.json', '.assets.json'), 'utf8'));
     const intrinsics = [];
     const isIntrinsic = (v) => !Array.isArray(v) && Object.keys(v).length === 1 && /^(Ref|Fn::)/.test(Object.keys(v)[0]);
     const marked = (v) => v === null || typeof v !== 'object' ? v
       : isIntrinsic(v) ? 'intrinsic-' + (intrinsics.push(v) - 1)
       : Array.isArray(v) ? v.map(marked) : Object.fromEntries(Object.entries(v).map(([k, x]) => [k, marked(x)]));
     const Resources = Object.fromEntries(Object.entries(stack.template.Resources).map(([id, r]) => [id, { Type: r.Type, Properties: marked(r.Properties ?? {}) }]));
     const templateFile = outdir + '/marked.json';
     fs.writeFileSync(templateFile, JSON.stringify({ Resources }));
     const scratch = new CfnInclude(new cdk.Stack(), 'L1', { templateFile });
     const resources = Object.entries(Resources).filter(([, { Type }]) => classes[Type]).map(([id, { Type }]) => ({ id, L1: classes[Type], props: scratch.getResource(id).cfnProperties }));
     fs.rmSync(outdir, { recursive: true, force: true });
     console.log(JSON.stringify({ resources, intrinsics, bundles: Object.values(files).filter((file) => file.source.packaging === 'zip').length }))`,
    { CDK_VALIDATION: 'false' },
  );
}

/** An app file as somebody would write it without our package. */
function l1App({ resources, intrinsics }, folders) {
  const lines = resources.map(({ id, L1, props }) => {
    const [module, name] = L1.split('.');
    const literal = JSON.stringify(props).replace(/"intrinsic-(\d+)"/g, 'tokens[$1]');
    return `new (require('${module}').${name})(stack, '${id}', ${literal});`;
  });
  return `
    const cdk = require('aws-cdk-lib');
    const { Asset } = require('aws-cdk-lib/aws-s3-assets');
    exports.make = (app) => {
      const tokens = ${JSON.stringify(intrinsics)}.map((value) => cdk.Token.asString(value));
      const stack = new cdk.Stack(app, 'Web', { env: { account: '111111111111', region: 'us-east-1' } });
      ${lines.join('\n')}
      for (const [i, path] of ${JSON.stringify(folders)}.entries()) new Asset(stack, 'Asset' + i, { path });
    };`;
}

const synth = (setup) =>
  fresh(
    `const fs = require('fs'); const folder = () => fs.mkdtempSync(require('path').join(require('os').tmpdir(), 'synth-'));
     const cpu = (from) => { const { user, system } = process.cpuUsage(from); return (user + system) / 1000; };
     const begin = process.cpuUsage();
     const { App } = require('aws-cdk-lib'); ${setup}
     const build = (outdir) => { const app = new App({ outdir }); make(app); app.synth(); fs.rmSync(outdir, { recursive: true, force: true }); };
     build(folder()); const whole = cpu(begin);
     const again = process.cpuUsage(); build(folder());
     console.log(JSON.stringify({ whole, again: cpu(again) }))`,
    { CDK_VALIDATION: 'false' },
  );

export async function run() {
  builtDist();
  const folder = mkdtempSync(join(root, 'node_modules/.bench-'));
  try {
    const l1s = asL1s();
    const file = join(folder, 'app.js');
    const folders = readdirSync(join(root, 'assets')).slice(0, l1s.bundles);
    writeFileSync(
      file,
      l1App(
        l1s,
        folders.map((name) => join(root, 'assets', name)),
      ),
    );
    const runs = { ours: [], l1: [] };
    const take = (name, setup) => () => runs[name].push(synth(setup));
    inTurn({ ours: take('ours', README_STACK), l1: take('l1', `const { make } = require(${JSON.stringify(file)});`) }, ROUNDS);
    const compared = (what) => {
      const of = (name) => median(runs[name].slice(1).map((r) => r[what]));
      return { ours: of('ours'), l1: of('l1') };
    };
    const [whole, again] = [compared('whole'), compared('again')];
    return [
      row('synth of FailoverStack / of its resources as L1s, whole process', whole.ours / whole.l1, {
        aim: 1.15,
        note: `${whole.ours.toFixed(0)} ms of ${whole.l1.toFixed(0)} ms of CPU; ${l1s.resources.length} resources, ${l1s.bundles} bundles`,
      }),
      row('second synth in one process', again.ours / again.l1, {
        note: `${again.ours.toFixed(0)} ms of ${again.l1.toFixed(0)} ms of CPU; what L2s cost in aws-cdk-lib, mostly resolving tokens`,
      }),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
