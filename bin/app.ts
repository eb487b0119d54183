/**
 * The CDK app behind `npx cdk deploy -c zone=example.com -c record=app -c primary=1.2.3.4 -c standby=5.6.7.8`.
 * Keys: `bin/app-context.ts`. Mistakes are listed all at once, without a stack trace.
 */
import { App } from 'aws-cdk-lib';
import { FailoverStack } from '../lib';
import { oneGroupAtATime, understand } from './app-context';

type Context = Readonly<Record<string, unknown>>;

/** Adds the stack to the app, or says what is wrong. */
function build(app: App, context: Context): readonly string[] {
  const understood = understand(context);
  if (understood.kind === 'problems') return understood.problems;
  try {
    const env = { account: process.env.CDK_DEFAULT_ACCOUNT, region: 'us-east-1' };
    new FailoverStack(app, understood.name, { ...understood.props, env });
    return [];
  } catch (error) {
    if (error instanceof Error && error.name === 'ConfigError') return error.message.split('\n');
    throw error;
  }
}

const app = new App();
const context: Context = app.node.getAllContext();
const first = build(app, context);
if (first.length === 0) app.synth();
else {
  const problems = new Set([...first, ...oneGroupAtATime(context).flatMap((group) => build(new App(), group))]);
  process.stderr.write(`The failover stack cannot be built:\n${[...problems].map((problem) => `  - ${problem}\n`).join('')}`);
  // Not exitCode: an app that is left to end by itself writes out what it has.
  process.exit(1);
}
