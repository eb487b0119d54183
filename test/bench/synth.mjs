// Synth of FailoverStack, against the same resources written as L1s, assets included. Loading is not counted; it has its own line.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtDist, fresh, inTurn, README_STACK, root, row } from './common.mjs';

const ROUNDS = 7;

/** The same template, each resource through its own L1 class, each bundle as an asset. */
const theirs = (template, assets) => `
  const { CfnInclude } = require('aws-cdk-lib/cloudformation-include');
  const { Asset } = require('aws-cdk-lib/aws-s3-assets');
  const cdk = require('aws-cdk-lib');
  const make = (app) => {
    const stack = new cdk.Stack(app, 'Web', { env: { account: '111111111111', region: 'us-east-1' } });
    new CfnInclude(stack, 'L1', { templateFile: ${JSON.stringify(template)} });
    for (const [i, path] of ${JSON.stringify(assets)}.entries()) new Asset(stack, 'Asset' + i, { path });
  };`;

const synth = (setup, validation) =>
  fresh(
    `const { App } = require('aws-cdk-lib'); const fs = require('fs'); ${setup}
     const outdir = fs.mkdtempSync(require('path').join(require('os').tmpdir(), 'synth-'));
     const t = performance.now(); const app = new App({ outdir }); make(app); app.synth(); const ms = performance.now() - t;
     fs.rmSync(outdir, { recursive: true, force: true }); console.log(ms)`,
    { CDK_VALIDATION: validation },
  );

/** Template of our stack, and how many bundles it carries. */
function ourResources() {
  return fresh(
    `const { App } = require('aws-cdk-lib'); const fs = require('fs'); ${README_STACK}
     const app = new App(); make(app); const stack = app.synth().stacks[0];
     const { files } = JSON.parse(fs.readFileSync(stack.templateFullPath.replace('.template.json', '.assets.json'), 'utf8'));
     const assets = Object.values(files).filter((file) => file.source.packaging === 'zip').length;
     console.log(JSON.stringify({ template: stack.template, assets }))`,
    { CDK_VALIDATION: 'false' },
  );
}

export async function run() {
  builtDist();
  const folder = mkdtempSync(join(tmpdir(), 'l1-'));
  try {
    const { template, assets } = ourResources();
    const { Resources, Parameters, Outputs, Conditions, Mappings } = template;
    const file = join(folder, 'template.json');
    // The bootstrap parameter and rule are made by the stack itself.
    const { BootstrapVersion, ...others } = Parameters ?? {};
    writeFileSync(file, JSON.stringify({ Resources, Parameters: others, Outputs, Conditions, Mappings }));
    const folders = readdirSync(join(root, 'assets')).slice(0, assets);
    const l1 = theirs(
      file,
      folders.map((name) => join(root, 'assets', name)),
    );
    const rows = [];
    for (const [validation, title, aim] of [
      ['true', 'as a user runs it', 1.15],
      ['false', 'without the built-in template validation', undefined],
    ]) {
      const ms = inTurn({ ours: () => synth(README_STACK, validation), l1: () => synth(l1, validation) }, ROUNDS);
      rows.push(
        row(`synth of FailoverStack / of its resources as L1s, ${title}`, ms.ours / ms.l1, {
          aim,
          note: `${ms.ours.toFixed(0)} ms of ${ms.l1.toFixed(0)} ms; ${Object.keys(Resources).length} resources, ${assets} bundles`,
        }),
      );
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
