/**
 * Addresses that never answer a SYN, without root: a stopped child process whose accept queue is full. Linux then drops
 * further SYNs, which is what a dead host looks like from far away.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** With a backlog of 1 two connections fill the queue; some more make sure. */
const QUEUE_FILLERS = 6;
const START_LIMIT_MS = 20_000;

/** Waits for its addresses on stdin, so that starting Node does not count as downtime. Ends with its parent. */
const CHILD = `
process.stdin.setEncoding('utf8');
process.stdin.on('end', () => process.exit(0));
process.stdin.once('data', (line) => {
  const places = JSON.parse(line);
  let open = 0;
  for (const { address, port } of places) {
    const server = require('net').createServer((c) => c.destroy());
    server.on('error', (e) => { process.stdout.write('failed ' + e.message + '\\n'); process.exit(1); });
    server.listen({ host: address, port, backlog: 1 }, () => { if (++open === places.length) process.stdout.write('open\\n'); });
  }
});
process.stdout.write('ready\\n');
`;

export interface Place {
  readonly address: string;
  readonly port: number;
}

export class BlackHole {
  private readonly fillers: Socket[] = [];

  private constructor(private readonly child: ChildProcess) {}

  /** Starts the child; nothing listens yet. */
  public static async prepare(): Promise<BlackHole> {
    // No --require of the parent: the child needs no scaled clock.
    const child = spawn(process.execPath, ['-e', CHILD], { stdio: ['pipe', 'pipe', 'inherit'], env: {} });
    const hole = new BlackHole(child);
    await hole.heard('ready');
    return hole;
  }

  /** Takes over `places`, which nobody may listen on any more, and falls silent. */
  public async swallow(places: readonly Place[]): Promise<void> {
    const open = this.heard('open');
    this.child.stdin?.write(`${JSON.stringify(places)}\n`);
    await open;
    this.child.kill('SIGSTOP');
    for (const { address, port } of places) {
      for (let i = 0; i < QUEUE_FILLERS; i++) {
        const filler = connect(port, address);
        filler.on('error', () => undefined);
        this.fillers.push(filler);
      }
    }
    // On loopback the kernel completes a handshake within the call, so one turn of the event loop fills the queues, be it
    // with these connections or with those of checkers that came first.
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Ends the child; the addresses are free again when this resolves. */
  public async end(): Promise<void> {
    for (const filler of this.fillers) filler.destroy();
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  private heard(word: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(
        () => done(new Error(`black hole: the child did not say "${word}" in ${START_LIMIT_MS} ms`)),
        START_LIMIT_MS,
      );
      const onData = (chunk: Buffer) => {
        const said = chunk.toString();
        if (said.includes(word)) done();
        else if (said.includes('failed')) done(new Error(`black hole: ${said.trim()}`));
      };
      const onExit = () => done(new Error('black hole: the child ended'));
      const done = (error?: Error) => {
        clearTimeout(limit);
        this.child.stdout?.off('data', onData);
        this.child.off('exit', onExit);
        if (error) reject(error);
        else resolve();
      };
      this.child.stdout?.on('data', onData);
      this.child.once('exit', onExit);
    });
  }
}
