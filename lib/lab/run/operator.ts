/** A person at a terminal: the shipped command line, in a process of its own, with this lab for AWS. */
import { execFile } from 'node:child_process';
import { type AwsEndpoint, clientEnvironment } from '../aws';
import { type Clock, clockEnv } from '../world';
import type { FunctionFiles } from './functions';
import { STANDBY_REGION } from './setting';

export interface Typed {
  readonly code: number;
  /** What the terminal shows, output and errors. */
  readonly text: string;
}

/** Types one command. */
export type Operator = (args: readonly string[]) => Promise<Typed>;

/** A person waits longer than that, a lab does not; in real ms. */
const LIMIT_MS = 60_000;

export const operatorOf =
  ({ cli, scaledClock }: FunctionFiles, endpoint: AwsEndpoint, clock: Clock): Operator =>
  (args) =>
    new Promise((resolve) => {
      const env = { USER: 'on-call', ...clientEnvironment(endpoint.url, 'operator', STANDBY_REGION), ...clockEnv(clock) };
      const command = ['--require', scaledClock, cli, ...args];
      execFile(process.execPath, command, { env, timeout: LIMIT_MS }, (error, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
        resolve({ code, text: `${stdout}${stderr}`.trim() });
      });
    });
