import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildSync } from 'esbuild';
import { clockEnv, ScaledTime } from '../../../lib/lab/world';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'scaled-clock-'));
const bundle = join(folder, 'scaled-clock.js');
const SCALE = 50;

beforeAll(() => {
  buildSync({
    entryPoints: ['lib/lab/scaled-clock.ts'],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs an unchanged program and gives back the JSON it prints. */
async function program(code: string, env: Record<string, string>, extension = 'js'): Promise<unknown> {
  const file = join(folder, `program.${extension}`);
  writeFileSync(file, code);
  const { stdout } = await run(process.execPath, ['--require', bundle, file], { env: { ...env, PATH: process.env.PATH ?? '' } });
  return JSON.parse(stdout);
}

test('every way to wait takes its lab time on every clock', async () => {
  // Each wait is 10 s of lab time; a loaded machine may be late, never early.
  const seen = (await program(
    `const net = require('net'), { once } = require('events'), util = require('util');
     const waits = {
       setTimeout: () => new Promise((r) => setTimeout(r, 10000)),
       promisified: () => util.promisify(setTimeout)(10000),
       promises: () => require('timers/promises').setTimeout(10000),
       scheduler: () => require('timers/promises').scheduler.wait(10000),
       interval: () => new Promise((r) => { let n = 0; const i = setInterval(() => { if (++n === 2) { clearInterval(i); r(); } }, 5000); }),
       abort: () => { const s = AbortSignal.timeout(10000); const keep = setInterval(() => {}, 1000); return once(s, 'abort').then(() => clearInterval(keep)); },
       socket: async () => {
         const server = net.createServer(() => {}).listen(0, '127.0.0.1'); await once(server, 'listening');
         const socket = net.connect(server.address().port, '127.0.0.1'); socket.setTimeout(10000);
         await once(socket, 'timeout'); socket.destroy(); server.close();
       },
     };
     (async () => {
       const took = {};
       for (const [name, wait] of Object.entries(waits)) {
         const d = Date.now(), p = performance.now(), h = process.hrtime.bigint();
         await wait();
         took[name] = [Date.now() - d, performance.now() - p, Number(process.hrtime.bigint() - h) / 1e6];
       }
       console.log(JSON.stringify(took)); process.exit();
     })();`,
    clockEnv({ scale: SCALE, originMs: Date.now() }),
  )) as Record<string, number[]>;
  expect(Object.keys(seen)).toHaveLength(7);
  // Timers may fire one real millisecond early, which is ${SCALE} ms here.
  for (const [name, took] of Object.entries(seen)) {
    expect({ name, early: took.filter((ms) => ms < 10_000 - 2 * SCALE) }).toEqual({ name, early: [] });
  }
});

test('processes with the same two numbers agree on the time, and with the lab', async () => {
  const time = new ScaledTime({ scale: SCALE, originMs: Date.now() - 1_000 });
  const before = time.nowMs();
  const seen = (await program(
    `console.log(JSON.stringify([Date.now(), new Date().getTime(), Date.parse(Date())]))`,
    clockEnv(time.clock),
  )) as number[];
  const after = time.nowMs();
  expect(before - time.clock.originMs).toBeGreaterThanOrEqual(1_000 * SCALE);
  for (const ms of seen.slice(0, 2)) {
    expect(ms).toBeGreaterThanOrEqual(before);
    expect(ms).toBeLessThanOrEqual(after);
  }
  // Date() as a function prints whole seconds.
  expect(seen[2]).toBeGreaterThanOrEqual(before - 1_000);
});

test('everything of Date but "now" stays as it is', async () => {
  const code = `console.log(JSON.stringify([
    new Date(5).getTime(), new Date(2020, 1, 3, 4).getFullYear(), Date.UTC(2020, 0), Date.parse('2020-01-01T00:00:00Z'),
    new Date() instanceof Date, new Date().constructor === Date, (class extends Date {}).name, new (class Mine extends Date {})(7).getTime(),
    require('util').types.isDate(new Date()), structuredClone(new Date(9)).getTime() ]))`;
  expect(await program(code, clockEnv({ scale: SCALE, originMs: Date.now() }))).toEqual([
    5,
    2020,
    1577836800000,
    1577836800000,
    true,
    true,
    '',
    7,
    true,
    9,
  ]);
});

test('ES modules that import timers by name live in lab time too', async () => {
  const code = `import { setTimeout as wait } from 'node:timers/promises'; import { setTimeout as later } from 'node:timers';
    const a = Date.now(); await wait(10000); const b = Date.now(); await new Promise((r) => later(r, 10000));
    console.log(JSON.stringify([b - a, Date.now() - b]))`;
  const took = (await program(code, clockEnv({ scale: SCALE, originMs: Date.now() }), 'mjs')) as number[];
  expect(took.filter((ms) => ms < 10_000 - 2 * SCALE)).toEqual([]);
});

test.each([
  ['LAB_SCALE is missing', { LAB_EPOCH_MS: '1' }, 'scaled clock: LAB_SCALE is missing; it must be a number above 0'],
  [
    'LAB_SCALE is no number',
    { LAB_SCALE: 'fast', LAB_EPOCH_MS: '1' },
    'scaled clock: LAB_SCALE is fast; it must be a number above 0',
  ],
  ['LAB_EPOCH_MS is missing', { LAB_SCALE: '5' }, 'scaled clock: LAB_EPOCH_MS is missing; it must be a number above 0'],
])('fails at start when %s', async (_name, env, message) => {
  await expect(program('console.log(1)', env as Record<string, string>)).rejects.toThrow(message);
});
