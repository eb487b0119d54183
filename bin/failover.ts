/** The operator's command line. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailure, EXIT } from './operator/failure';
import type { Shell } from './operator/shell';
import { narrowed, wrappedLines } from './operator/wrap';

const HELP = `failover <command> [options]

Look and operate
  status <name>      which side serves, what Route 53 says about both, drills, pause, incident
  pairs              the pairs that are registered in a Region
  drill start|watch|abort|report <pair>
                     rehearse a failover, follow it, end it, read what it found

The database of a pair
  failover <pair>    make a replica of the standby Region the writer
  switchover <pair>  the same, planned, losing nothing
  watch <pair>       follow a run until it ends
  approve <pair>     consent to the loss that a waiting failover has shown
  adopt <pair>       take up a run that is stuck
  pause, resume <pair>
                     keep automation from acting, for maintenance
  clear-claim <pair> you made sure that only one database writes
  rebuild open-fences|begin|end|give-up <pair>
                     name the replica that leads back
  failback <pair>    the way back
  runbook <pair>     print every step by hand, with this pair's own names

Before there is a deployment
  lab [scenario]     play a failover pair on this machine, with the bundles that would be deployed
  budget [folder]    print what "cdk synth" found out about targets, with simulation, charts and cost

  completion <shell> print a script that completes commands in bash or zsh
  help [command]     print this, or what a command takes
  --version          print the version of cdk-failover

Examples
  failover status app.example.com
  failover drill start web --region us-east-1 --watch
  failover failover shop --region eu-central-1 --dry-run

Exit codes: 0 ok, 1 not ok, 2 wrong arguments, 3 cannot reach what is asked about, 130 interrupted.
`;

const helps = process.argv.slice(2).some((word, n) => word === '--help' || word === '-h' || (n === 0 && word === 'help'));

const shell: Shell = {
  isTTY: process.stdout.isTTY ?? false,
  // Lines in a file or a pipe are not cut.
  get columns() {
    return process.stdout.columns ?? Number.POSITIVE_INFINITY;
  },
  input: process.stdin,
  write: (text: string) => void process.stdout.write(helps ? narrowed(text, shell.columns) : text),
  warn: (text: string) => void process.stderr.write(text),
};

/** Each command is loaded when it is asked for: help must not wait for clients, simulators and charts. */
const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  status: async (args) => (await import('./commands/status')).statusCommand(args, shell),
  pairs: async (args) => (await import('./commands/pairs')).pairsCommand(args, shell),
  drill: async (args) => (await import('./commands/drill')).drillCommand(args, shell),
  approve: async (args) => (await import('./commands/approve')).approveCommand(args, shell),
  failover: async (args) => (await import('./commands/database/order')).orderCommand('failover', args, shell),
  switchover: async (args) => (await import('./commands/database/order')).orderCommand('switchover', args, shell),
  failback: async (args) => (await import('./commands/database/order')).orderCommand('failback', args, shell),
  watch: async (args) => (await import('./commands/database/watch')).watchCommand(args, shell),
  adopt: async (args) => (await import('./commands/database/adopt')).adoptCommand(args, shell),
  pause: async (args) => (await import('./commands/database/pause')).pauseCommand(args, shell),
  resume: async (args) => (await import('./commands/database/pause')).resumeCommand(args, shell),
  'clear-claim': async (args) => (await import('./commands/database/clear-claim')).clearClaimCommand(args, shell),
  rebuild: async (args) => (await import('./commands/database/rebuild')).rebuildCommand(args, shell),
  runbook: async (args) => (await import('./commands/database/runbook')).runbookCommand(args, shell),
  lab: async (args) => (await import('./commands/lab')).playLab(args, __dirname, shell),
  budget: async (args) => (await import('./commands/budget')).budgetCommand(args, shell),
  completion: async (args) => (await import('./commands/completion')).completionCommand(args, shell),
};

async function main([command, ...rest]: readonly string[]): Promise<number> {
  if (command === 'help' || command === '--help' || command === '-h') {
    const [about, ...more] = rest;
    if (about !== undefined) return find(about)([...more, '--help']);
    shell.write(HELP);
    return EXIT.ok;
  }
  if (command === '--version') {
    const { version } = JSON.parse(readFileSync(join(__dirname, '..', 'package.json'), 'utf8')) as { version: string };
    shell.write(`${version}\n`);
    return EXIT.ok;
  }
  if (command === undefined)
    throw new CommandFailure(EXIT.usage, 'no command was given', 'Run "failover --help" for what there is.');
  return find(command)(rest);
}

function find(command: string) {
  const found = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (found) return found;
  throw new CommandFailure(EXIT.usage, `there is no command ${command}`, 'Run "failover --help" for what there is.');
}

/** A reader that went away (`failover pairs | head -1`) is no error. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

/** Sockets that the SDK or a site keeps open must not keep the shell waiting; a pipe must get all that was written. */
const leave = (code: number) => process.stdout.write('', () => process.exit(code));

const complain = (text: string) => {
  const { isTTY, columns } = process.stderr;
  shell.warn(`${isTTY ? wrappedLines(text, columns) : text}\n`);
};

main(process.argv.slice(2)).then(leave, (error: Error) => {
  complain(`failover: ${process.argv.includes('--debug') ? error.stack : error.message}`);
  if (error instanceof CommandFailure) {
    if (error.next) complain(error.next);
    leave(error.code);
  } else {
    complain('Run it again with --debug to see where this came from.');
    leave(EXIT.notOk);
  }
});
