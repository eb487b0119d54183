import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Lambda's part: loads the bundle once and answers events, one at a time. */
const RUNNER = `
  const { handler } = require(process.argv[1]);
  process.on('message', (event) => handler(event).then((answer) => process.send({ answer }), ({ message }) => process.send({ error: message })));
  process.on('disconnect', () => process.exit(0));
  process.send('ready');
`;

/** A bundle that ships, in a process of its own. */
export class BundleProcess {
  private constructor(private readonly child: ChildProcess) {}

  public static async start(bundle: string, environment: Readonly<Record<string, string>>): Promise<BundleProcess> {
    const child = spawn(process.execPath, ['-e', RUNNER, join(__dirname, '../../assets', bundle, 'index.js')], {
      env: { NODE_NO_WARNINGS: '1', ...environment },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await once(child, 'message');
    return new BundleProcess(child);
  }

  public async call(event: object): Promise<unknown> {
    const said = once(this.child, 'message');
    this.child.send(event);
    const [{ answer, error }] = (await said) as [{ answer?: unknown; error?: string }];
    if (error !== undefined) throw new Error(error);
    return answer;
  }

  public close(): void {
    this.child.kill();
  }
}
