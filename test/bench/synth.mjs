// Synth of FailoverStack, against the same resources written as L1s, assets included. Loading is not counted; it has its own line.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtDist, fresh, inTurn, root, row } from './common.mjs';

const ROUNDS = 7;

/** The stack of the README, as a user writes it. */
const OURS = `
  const { FailoverStack, Site, AlertTarget } = require(${JSON.stringify(join(root, 'dist/index.js'))});
  const make = (app) => new FailoverStack(app, 'Web', {
    env: { account: '111111111111', region: 'us-east-1' }, zoneName: 'example.com', recordName: 'app',
    primary: Site.ip('1.2.3.4'), standby: Site.ip('5.6.7.8'),
    alerts: [AlertTarget.pagerDuty({ secretName: 'pagerduty' }), AlertTarget.email('oncall@example.com')],
  });`;

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

/** Template and bundle folders of our stack. */
function ourResources() {
  return fresh(
    `const { App } = require('aws-cdk-lib'); const fs = require('fs'); ${OURS}
     const app = new App(); make(app); const assembly = app.synth(); const stack = assembly.stacks[0];
     const manifest = JSON.parse(fs.readFileSync(stack.assets.length ? stack.templateFullPath.replace('.template.json', '.assets.json') : '/dev/null', 'utf8') || '{"files":{}}');
     const folders = Object.values(manifest.files ?? {}).filter((f) => f.source.packaging === 'zip').map((f) => f.displayName ?? f.source.path);
     console.log(JSON.stringify({ template: stack.template, folders: folders.length }))`,
    { CDK_VALIDATION: 'false' },
  );
}

export async function run() {
  builtDist();
  const folder = mkdtempSync(join(tmpdir(), 'l1-'));
  try {
    const { template, folders } = ourResources();
    const { Resources, Parameters, Outputs, Conditions, Mappings } = template;
    const file = join(folder, 'template.json');
    // The bootstrap parameter and rule are made by the stack itself.
    const { BootstrapVersion, ...others } = Parameters ?? {};
    writeFileSync(file, JSON.stringify({ Resources, Parameters: others, Outputs, Conditions, Mappings }));
    const assets = ['drill', 'drill-step', 'restore', 'keeper', 'pager']
      .map((name) => join(root, 'assets', name))
      .slice(0, folders);
    const l1 = theirs(file, assets);
    const rows = [];
    for (const [validation, title, aim] of [
      ['true', 'as a user runs it', 1.15],
      ['false', 'without the built-in template validation', undefined],
    ]) {
      const ms = inTurn({ ours: () => synth(OURS, validation), l1: () => synth(l1, validation) }, ROUNDS);
      rows.push(
        row(`synth of FailoverStack / of its resources as L1s, ${title}`, ms.ours / ms.l1, {
          aim,
          note: `${ms.ours.toFixed(0)} ms of ${ms.l1.toFixed(0)} ms; ${Object.keys(Resources).length} resources, ${folders} assets`,
        }),
      );
    }
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
