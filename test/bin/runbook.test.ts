import { runbookCommand } from '../../bin/commands/database/runbook';
import type { Shell } from '../../bin/operator/shell';
import { everything } from '../constructs/database/world';

/** From what "cdk synth" wrote: neither credentials nor network. */
const folder = everything().app.synth().directory;
const THERE = 'app (control set shop), global (control set shop), own (control set shop)';

async function runbook(...args: readonly string[]) {
  const said: string[] = [];
  const write = (text: string) => void said.push(text);
  const shell: Shell = { isTTY: false, columns: 80, input: process.stdin, write, warn: write };
  try {
    return { code: await runbookCommand(args, shell), out: said.join('') };
  } catch (error) {
    return { code: (error as { code?: number }).code, out: (error as Error).message };
  }
}

test('a runbook has the literal names of the pair that was synthesized', async () => {
  const { code, out } = await runbook('app', '--from', folder);
  expect([code, out.split('\n')[0]]).toEqual([0, '# Database failover of app, by hand']);
  expect(out).toContain('`npx failover failover app --region eu-central-1`');
  expect(out).toContain('shop-b1.abc.rds.example.com');
  expect(out).toContain('acl-0123456789abcdef0');
});

test.each([
  ['a pair that is not there', ['web', '--from', folder], 2, `${folder} has no pair web that registers; there is ${THERE}`],
  [
    'another control set',
    ['app', '--from', folder, '--control-set', 'x'],
    2,
    `${folder} has no pair app that registers; there is ${THERE}`,
  ],
  [
    'a folder that is not there',
    ['app', '--from', '/none'],
    2,
    '/none cannot be read; give the folder that "cdk synth" wrote, such as cdk.out',
  ],
  ['a runbook that there is none of', ['app', 'disk', '--from', folder], 2, 'the runbook is "disk"; it takes database or region'],
])('fails for %s', async (_name, args, code, out) => {
  expect(await runbook(...args)).toEqual({ code, out });
});
