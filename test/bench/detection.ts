// Many live endpoints at once, each with sixteen real checkers: how long until Route 53's rules call them unhealthy.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { detectionTime, type FailureMode } from '../../lib/decide/timings/detection';
import { quantile } from '../../lib/lab/simulated';
import { BlackHole, HealthChecks, type LabTime, ScaledTime, Truth } from '../../lib/lab/world';
import { SLOW_MS } from '../../lib/lab/world/site-app';

const INTERVAL_SEC = 10;

export interface Measured {
  readonly mode: FailureMode;
  readonly failures: number;
  readonly endpoints: number;
  readonly medianSec: number;
  /** Closed form with round trips of nothing, as loopback has them. */
  readonly expectedSec: number;
  readonly falseTurns: number;
}

/** One process, all endpoints broken at one moment; the checkers' phases make each outage its own. */
export async function measure(mode: FailureMode, failures: number, endpoints: number, scale: number): Promise<Measured> {
  const time = new ScaledTime({ scale });
  const field = await Field.plant(endpoints, time);
  const turned = new Map<string, number>();
  let falseTurns = 0;
  let brokenAtMs: number | undefined;
  const checks = new HealthChecks({
    time,
    truth: new Truth(() => time.nowMs()),
    uniform: Math.random,
    resolve: () => undefined,
    onStatus: (id, healthy) => {
      if (healthy) return;
      if (brokenAtMs === undefined) falseTurns++;
      else turned.set(id, time.nowMs());
    },
    onDelete: () => undefined,
  });
  let hole: BlackHole | undefined;
  try {
    for (const port of field.ports) {
      checks.create({
        type: 'HTTP',
        ipAddress: '127.0.0.1',
        port,
        path: '/health',
        requestIntervalSec: INTERVAL_SEC,
        failureThreshold: failures,
      });
    }
    // Every checker has probed once, so all are somewhere in their round.
    await time.sleep(INTERVAL_SEC * 1_100);
    hole = mode === 'black-hole' ? await BlackHole.prepare() : undefined;
    const beganMs = time.nowMs();
    brokenAtMs = beganMs;
    await field.breakDown(mode, hole);
    const limitMs = detectionTime({ intervalSec: INTERVAL_SEC, failures }, mode).worstSec * 1_500;
    while (turned.size < endpoints && time.nowMs() < beganMs + limitMs) await time.sleep(500);
    const detections = [...turned.values()].map((atMs) => (atMs - beganMs) / 1_000);
    const expectedSec = detectionTime({ intervalSec: INTERVAL_SEC, failures, goodProbeSec: 0 }, mode).medianSec;
    return { mode, failures, endpoints: turned.size, medianSec: quantile(detections, 0.5), expectedSec, falseTurns };
  } finally {
    checks.close();
    await hole?.end();
    await field.clear();
  }
}

/** Plain HTTP endpoints of this process, one port each. */
class Field {
  private mode: FailureMode | undefined;
  private servers: Server[] = [];

  private constructor(private readonly time: LabTime) {}

  public static async plant(count: number, time: LabTime): Promise<Field> {
    const field = new Field(time);
    for (let i = 0; i < count; i++) field.servers.push(await field.open());
    return field;
  }

  public get ports(): number[] {
    return this.servers.map((server) => (server.address() as AddressInfo).port);
  }

  public async breakDown(mode: FailureMode, hole: BlackHole | undefined): Promise<void> {
    this.mode = mode;
    if (mode !== 'refused' && !hole) return;
    const places = this.ports.map((port) => ({ address: '127.0.0.1', port }));
    await this.clear();
    await hole?.swallow(places);
  }

  public async clear(): Promise<void> {
    const closing = this.servers.map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    );
    this.servers = [];
    await Promise.all(closing);
  }

  private open(): Promise<Server> {
    const server = createServer((_request, response) => {
      const answer = () => response.writeHead(this.mode === 'http-500' ? 500 : 200).end();
      if (this.mode === 'slow') response.on('close', this.time.after(SLOW_MS, answer));
      else answer();
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve(server));
    });
  }
}
