/** The report of a run that never was: a database fails over in two minutes, recorded by the real recorder. */
import type { LabReport } from '../../../lib/lab/run/report/document';
import { Recorder, type Value } from '../../../lib/lab/run/report/recorder';

const ZERO_MS = Date.UTC(2026, 10, 26);
const atMs = (sec: number) => ZERO_MS + 1_000 * sec;

/** Seconds after the fault. */
const AT = { detected: 24, latched: 60, ordered: 62, promoted: 122, served: 125, end: 150 } as const;

function recording() {
  let nowSec = -20;
  const recorder = new Recorder({ nowMs: () => atMs(nowSec), sleep: () => Promise.resolve() });
  const add = (key: string, origin: 'measured' | 'truth', read: () => Value | undefined) =>
    recorder.add({ key, what: key, unit: 'test', origin }, read);
  const ramp = (fromSec: number, toSec: number) => Math.max(0, Math.min(nowSec, toSec) - fromSec);
  const answered = () => (nowSec < AT.detected ? 'primary' : 'standby');
  add('answer.ns1', 'truth', answered);
  add('answer.ns2', 'truth', answered);
  add('answer.seen', 'measured', answered);
  add('unhealthy.primary', 'truth', () => Math.min(16, Math.floor(ramp(15, AT.detected) * 2)));
  add('unhealthy.standby', 'truth', () => 0);
  add('writer', 'truth', () => (nowSec < 0 ? 'primary' : nowSec < AT.promoted ? 'nobody' : 'standby'));
  add('lag', 'measured', () => (nowSec < AT.promoted ? Math.max(0, nowSec) : undefined));
  add('epoch', 'measured', () => (nowSec < 30 ? 0 : 1));
  add('writes.primary', 'measured', () => Math.floor(30 * ramp(-20, 0)));
  add('writes.standby', 'measured', () => Math.floor(30 * ramp(AT.served, AT.end)));
  add('writes.failed', 'measured', () => Math.floor(4 * ramp(0, AT.served)));
  for (; nowSec < AT.end; nowSec += 0.25) recorder.sample(atMs(nowSec));
  return recorder.recording;
}

/** Its texts try to be HTML, and to load something. */
export const HOSTILE = '<img src="http://192.0.2.1/x.png"><script>throw new Error("ran")</script>';

export const recordedReport = (): LabReport => ({
  schema: 'cdk-failover.lab-report/1',
  scenario: 'database',
  about: 'the primary Region dies with its PostgreSQL',
  mode: 'refused',
  scale: 5,
  seed: 7,
  protocol: 'http',
  startedAtMs: ZERO_MS,
  wallMs: 34_000,
  passed: true,
  origin: 'lab, scale 5, loopback',
  versions: { 'cdk-failover': '0.1.0' },
  remarks: ['time from a verdict to the name servers: 0-0 ms (assumed)'],
  assumptions: [],
  figures: [
    { name: 'detection', sec: AT.detected, targetSec: 30, met: true, provenance: 'measured' },
    { name: 'switch', sec: 0, targetSec: 60, met: true, provenance: 'measured' },
    { name: 'firstWrite', sec: AT.served, targetSec: 900, met: true, provenance: 'measured' },
    { name: 'rto', sec: AT.served, targetSec: 120, met: false, provenance: 'measured' },
    { name: 'rpo', sec: 3.8, rows: 55, targetSec: 30, met: true, provenance: 'measured' },
  ],
  expectations: [{ what: 'one promotion was ordered', met: true, seen: HOSTILE }],
  sampling: { periodMs: 250, largestGapMs: 300, limitMs: 1_000 },
  marks: [
    { name: 't0', what: 'the primary Region dies', atMs: atMs(0), origin: 'truth' },
    { name: 'tD', what: 'the beacon says unhealthy', atMs: atMs(AT.detected), origin: 'measured' },
    { name: 'tS', what: 'the name answers the standby', atMs: atMs(AT.detected), origin: 'measured' },
    { name: 'latch', what: 'Route 53 latches the primary out', atMs: atMs(AT.latched), origin: 'truth' },
    { name: 'promote', what: 'RDS is asked to promote', atMs: atMs(AT.ordered), origin: 'truth' },
    { name: 'promoted', what: 'RDS calls the new writer available', atMs: atMs(AT.promoted), origin: 'truth' },
    { name: 'tR', what: 'the last of eight clients writes to the standby', atMs: atMs(AT.served), origin: 'measured' },
  ],
  recording: recording(),
  timeline: [{ atMs: atMs(1), who: 'world', text: HOSTILE, tone: 'bad' }],
  truth: [],
  incidents: [],
});
