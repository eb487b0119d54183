/**
 * The CDK app behind `npx cdk deploy -c zone=example.com -c record=app -c primary=203.0.113.10 -c standby=198.51.100.20`.
 * Keys: `bin/app-context.ts`. Mistakes are listed all at once, without a stack trace.
 */
import { App } from 'aws-cdk-lib';
import { FailoverStack } from '../lib';
import { understand } from './app-context';

function build(app: App): readonly string[] {
  const understood = understand(app.node.getAllContext());
  if (understood.kind === 'problems') return understood.problems;
  try {
    new FailoverStack(app, understood.name, {
      ...understood.props,
      env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: 'us-east-1' },
    });
    return [];
  } catch (error) {
    if (error instanceof Error && error.name === 'ConfigError') return error.message.split('\n');
    throw error;
  }
}

const app = new App();
const problems = build(app);
if (problems.length > 0) {
  process.stderr.write(`The failover stack cannot be built:\n${problems.map((problem) => `  - ${problem}\n`).join('')}`);
  process.exit(1);
}
app.synth();
