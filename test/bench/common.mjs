// What the benchmarks share: fresh child processes, A and B in turn, medians.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Runs `code` in a fresh Node process; the last line that it prints is its answer, as JSON. */
export function fresh(code, env = {}) {
  const child = spawnSync(process.execPath, ['-e', code], {
    cwd: root,
    env: { ...process.env, JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20', ...env },
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (child.status !== 0) throw new Error(`a benchmark process failed:\n${child.stderr}`);
  return JSON.parse(child.stdout.trim().split('\n').at(-1));
}

/**
 * Medians of several ways to do one thing. The ways take turns, in changing order, so that a busy machine is unfair to
 * none of them; the first round only warms the file cache.
 */
export function inTurn(ways, rounds) {
  const names = Object.keys(ways);
  const seen = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    const order = round % 2 === 0 ? names : [...names].reverse();
    for (const name of order) {
      const value = ways[name]();
      if (round > 0) seen[name].push(value);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(seen[name])]));
}

/** One line of the result. `aim` is the most that we want to see; `atLeast` turns that round. */
export const row = (what, value, { unit = '', aim, atLeast, note = '' } = {}) => ({ what, value, unit, aim, atLeast, note });

let built = false;

/** Once, before the first measurement: builds `dist` when a source is newer: users load compiled code, so that is what is measured. */
export function builtDist() {
  if (built) return;
  built = true;
  const sources = ['constructs', 'decide', 'contracts'].flatMap((room) =>
    readdirSync(join(root, 'lib', room), { recursive: true }).map((file) => join(root, 'lib', room, file)),
  );
  const newest = Math.max(...sources.map((file) => statSync(file).mtimeMs));
  let builtMs = 0;
  try {
    builtMs = statSync(join(root, 'dist/index.js')).mtimeMs;
  } catch {
    // not built yet
  }
  if (builtMs >= newest) return;
  const jsii = spawnSync(join(root, 'node_modules/.bin/jsii'), [], { cwd: root, encoding: 'utf8' });
  if (jsii.status !== 0) throw new Error(`jsii failed:\n${jsii.stdout}${jsii.stderr}`);
}

/** The stack of the README, as source for a fresh process: `make(app)`. */
export const README_STACK = `
  const { FailoverStack, Site, AlertTarget } = require(${JSON.stringify(join(root, 'dist/index.js'))});
  const make = (app) => new FailoverStack(app, 'Web', {
    env: { account: '111111111111', region: 'us-east-1' }, zoneName: 'example.com', recordName: 'app',
    primary: Site.ip('1.2.3.4'), standby: Site.ip('5.6.7.8'),
    alerts: [AlertTarget.pagerDuty({ secretName: 'pagerduty' }), AlertTarget.email('oncall@example.com')],
  });`;
