import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { understand } from '../../bin/app-context';

const root = join(__dirname, '../..');

/** Runs the app as the CDK's command line does, without its command line: context in, assembly out. */
function run(context: Readonly<Record<string, string>>) {
  const outdir = mkdtempSync(join(tmpdir(), 'app-'));
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, CDK_VALIDATION: 'false', CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify(context) };
  const done = spawnSync(process.execPath, ['-r', 'tsx/cjs', 'bin/app.ts'], { cwd: root, env, encoding: 'utf8' });
  const template = readdirSync(outdir).find((file) => file.endsWith('.template.json'));
  const text = template === undefined ? '' : readFileSync(join(outdir, template), 'utf8');
  rmSync(outdir, { recursive: true });
  return { code: done.status, out: done.stdout, err: done.stderr, template, text };
}

const GOOD = { zone: 'example.com', record: 'app', primary: '1.2.3.4', standby: '5.6.7.8', pagerDutySecret: 'pagerduty' };

test('the command of the README gives one stack, without credentials, and prints nothing', () => {
  const { code, out, err, template, text } = run(GOOD);
  expect([code, out, err, template]).toEqual([0, '', '', 'failover.template.json']);
  expect(text).toContain('app.example.com');
});

test('fails with one list of everything that is wrong, without a stack trace', () => {
  const wrong = {
    zone: 'example.internal',
    primary: '10.0.0.1',
    standby: '5.6.7.8',
    email: 'nobody',
    drillCron: 'every monday',
    failures: '77',
  };
  const { code, out, err, template } = run(wrong);
  expect([code, out, template]).toEqual([1, '', undefined]);
  expect(err).not.toMatch(/^\s+at /m);
  const [title, ...lines] = err.trimEnd().split('\n');
  expect(title).toBe('The failover stack cannot be built:');
  const codes = lines.map((line) => /^ {2}- \[(\w+)\]/.exec(line)?.[1]);
  expect(codes).toEqual(['PrivateZone', 'SiteAddress', 'ProbeFailures', 'EmailAddress', 'ScheduleExpression']);
});

test('fails with what is missing and what is misspelt, before anything is built', () => {
  expect(
    understand({
      zone: 'example.com',
      primary: '1.2.3.4',
      sandby: '5.6.7.8',
      failures: 'three',
      timeZone: 'Europe/Berlin',
      record: 7,
    }),
  ).toEqual({
    kind: 'problems',
    problems: [
      "record is 7; write it as -c record='app'",
      'standby is missing; add -c standby=5.6.7.8',
      'sandby is not a known key; known are zone, record, primary, standby, name, hostedZoneId, pagerDutySecret, email, path, failures, drillCron, timeZone',
      'failures is "three"; a whole number from 1 to 10; write it as -c failures=3',
      'timeZone is "Europe/Berlin", but there is no drillCron; add -c drillCron=\'0 10 ? * TUE *\'',
    ],
  });
});

test('keys of the CDK itself are left alone', () => {
  expect(
    understand({ ...GOOD, 'aws:cdk:bundling-stacks': ['**'], '@aws-cdk/core:x': true, 'cli-telemetry': false }),
  ).toMatchObject({
    kind: 'props',
    name: 'failover',
  });
});
