process.env.CDK_VALIDATION = 'true';

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnResource } from 'aws-cdk-lib';
import { oneStack, threeRegions } from '../support/apps';

/** AWS's own validator, offline; with these its warnings are errors too, and synth throws the whole report. */
const STRICT = { context: { '@aws-cdk/core:validateAgainstDefaultRules': true, '@aws-cdk/core:strictCfnValidateErrors': true } };

test('the CloudFormation validator finds nothing in three Regions', () => {
  expect(() => threeRegions({ app: STRICT }).app.synth()).not.toThrow();
});

test('the CloudFormation validator finds nothing in one stack', () => {
  expect(() => oneStack({}, STRICT).app.synth()).not.toThrow();
});

const folder = join(__dirname, '../../examples');
const examples = readdirSync(folder).filter((name) => /^\d/.test(name));

test.each(examples)('the CloudFormation validator finds nothing in example %s', (name) => {
  const outdir = mkdtempSync(join(tmpdir(), 'example-'));
  try {
    const app = new App({ outdir, ...STRICT });
    const example: { build(app: App): void } = jest.requireActual(join(folder, name, 'app'));
    example.build(app);
    expect(() => app.synth()).not.toThrow();
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
});

test('fails on a record that is neither primary nor secondary: the validator really runs', () => {
  const { app, stack } = oneStack({}, STRICT);
  const record = {
    Name: 'x.example.com',
    Type: 'A',
    TTL: '30',
    ResourceRecords: ['1.2.3.4'],
    HostedZoneId: 'Z0123456789ABCDEFGHIJ',
  };
  new CfnResource(stack, 'Bad', {
    type: 'AWS::Route53::RecordSet',
    properties: { ...record, SetIdentifier: 'x', Failover: 'FOO' },
  });
  expect(() => app.synth()).toThrow(/FOO/);
});
