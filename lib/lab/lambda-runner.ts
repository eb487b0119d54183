/**
 * One execution environment of a function, as Lambda has it: a process that loads the shipped bundle once and then
 * answers one event at a time. Started by the lab, with `--require` of the scaled clock; talks over the IPC channel.
 */
import { createRequire } from 'node:module';

/** Parent to child. */
export interface InvokeMessage {
  readonly id: number;
  readonly event: unknown;
  /** In the clock of the child. */
  readonly deadlineMs: number;
  readonly functionArn: string;
}

/** Child to parent. */
export type RunnerMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly errorType: string; readonly message: string };

type Handler = (event: unknown, context: unknown) => Promise<unknown>;

const bundle = process.argv[2] ?? '';
const tell = (message: RunnerMessage) => process.send?.(message);

const failure = (id: number, error: unknown): RunnerMessage => ({
  kind: 'error',
  id,
  errorType: error instanceof Error ? error.name : 'Error',
  message: error instanceof Error ? error.message : String(error),
});

async function carry(handler: Handler, { id, event, deadlineMs, functionArn }: InvokeMessage): Promise<void> {
  const context = {
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: '$LATEST',
    invokedFunctionArn: functionArn,
    awsRequestId: `lab-${process.pid}-${id}`,
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
  try {
    // Events and answers of Lambda are JSON; undefined becomes null on the way.
    tell({ kind: 'answer', id, answer: JSON.parse(JSON.stringify((await handler(event, context)) ?? null)) });
  } catch (error) {
    console.error(error);
    tell(failure(id, error));
  }
}

function start(): void {
  let handler: Handler | undefined;
  let broken: unknown;
  try {
    handler = (createRequire(bundle)(bundle) as { handler: Handler }).handler;
  } catch (error) {
    broken = error;
  }
  process.on('message', (message: InvokeMessage) => {
    if (handler) void carry(handler, message);
    else tell(failure(message.id, broken ?? new Error(`${bundle} exports no handler`)));
  });
  // The parent is gone: so is the lab.
  process.on('disconnect', () => process.exit(0));
  tell({ kind: 'ready' });
}

// Imported for its types elsewhere; only a process with a bundle runs.
if (process.send && bundle) start();
