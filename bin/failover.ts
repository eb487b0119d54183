/** The operator's command line. */

import { LAB_HELP, labCommand, UsageError } from '../lib/lab/run/command';
import { BUDGET_HELP, budgetCommand } from './commands/budget';

const HELP = `failover <command>

Commands
  lab [scenario]   play a failover pair on this machine, with the bundles that would be deployed
  budget [folder]  print what "cdk synth" found out about targets, with simulation, charts and cost
  help [command]   print this, or what a command takes

Run "failover lab --help" or "failover budget --help" for scenarios and options.
`;

const screen = {
  isTTY: process.stdout.isTTY ?? false,
  // Lines in a file or a pipe are not cut.
  get columns() {
    return process.stdout.columns ?? Number.POSITIVE_INFINITY;
  },
  write: (text: string) => void process.stdout.write(text),
};

async function main([command, ...rest]: readonly string[]): Promise<number> {
  switch (command) {
    case 'lab':
      return labCommand(rest, __dirname, screen);
    case 'budget':
      return budgetCommand(rest, { ...screen, warn: (text) => void process.stderr.write(text) });
    case 'help':
    case '--help':
    case '-h':
      screen.write(rest[0] === 'lab' ? LAB_HELP : rest[0] === 'budget' ? BUDGET_HELP : HELP);
      return 0;
    default:
      throw new UsageError(command === undefined ? 'no command was given' : `there is no command ${command}`);
  }
}

main(process.argv.slice(2)).then(
  (code) => {
    // Sockets that the SDK or a site keeps open must not keep the shell waiting.
    process.exit(code);
  },
  (error: Error) => {
    const usage = error instanceof UsageError;
    process.stderr.write(`failover: ${process.argv.includes('--debug') ? error.stack : error.message}\n`);
    if (usage) process.stderr.write('Run "failover --help" for what there is.\n');
    process.exit(usage ? 2 : 1);
  },
);
