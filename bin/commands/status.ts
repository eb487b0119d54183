/** `failover status`: a pair as anyone can see it, and, with credentials, as its journal knows it. */
import { AuthoritativeDns } from '../../lib/runtime/adapters/authoritative-dns';
import { SocketProbe } from '../../lib/runtime/adapters/socket-probe';
import { SystemTime } from '../../lib/runtime/adapters/system';
import { targetOfName } from '../../lib/runtime/drive/operator/look';
import { type PairStatus, type Registered, statusOf } from '../../lib/runtime/drive/operator/status';
import { COMMON, COMMON_HELP, certificateAuthority, everySec, nameServers, read } from '../operator/arguments';
import type { Aws } from '../operator/aws';
import { EXIT, usage } from '../operator/failure';
import { Colours, Frame, interrupt, type Shell } from '../operator/shell';
import { statusText } from '../operator/status-text';

export const STATUS_HELP = `failover status <record name> [options]
failover status --pair <pair> [options]

Shows which side serves, what Route 53 says about both (the beacons, asked at every authoritative server), whether the
sites answer from here, and, with AWS credentials, the journal: running and last drills, pause, incident, days since the
last passed drill, who writes, how far replicas trail. What could not be learned is shown with its reason, and where
something is to be done, the command for it. Without credentials the record name is enough.

Options
  --pair P           name of a pair that is registered in the Region
  --region R         standby Region of the pair (default: AWS_REGION, or that of your profile)
  --control-set N    control set, where two in this Region have a pair of this name
  --name-server S    authoritative server as host or host:port; may be repeated (default: those of the zone)
  --zone Z           zone of the record name (default: found by walking up the name)
  --beacon-label L   label of Beacons.labelled, for a pair that AWS is not asked about
  --ca FILE          PEM of an authority that probes trust besides the public ones
  --watch            look again and again, until Ctrl-C
  --every N          whole seconds between looks (default 5)
${COMMON_HELP.split('\n').slice(2).join('\n')}
Examples
  failover status app.example.com
  failover status --pair web --region us-east-1 --watch
  failover status app.example.com --json

Exit code: 0 what was seen is well, 1 something is not, 2 wrong arguments, 3 nothing was learned, 130 interrupted.
`;

const OPTIONS = {
  ...COMMON,
  pair: { type: 'string' },
  'name-server': { type: 'string', multiple: true },
  zone: { type: 'string' },
  'beacon-label': { type: 'string' },
  ca: { type: 'string' },
  watch: { type: 'boolean' },
  every: { type: 'string' },
} as const;

type Values = ReturnType<typeof parsed>['values'];
const parsed = (args: readonly string[]) => read('status', args, OPTIONS, 1);

export async function statusCommand(args: readonly string[], shell: Shell): Promise<number> {
  const { values, positionals } = parsed(args);
  if (values.help) {
    shell.write(STATUS_HELP);
    return EXIT.ok;
  }
  const look = await looker(positionals[0], values);
  return values.watch ? watch(look, values, shell) : show(await look(), values, shell);
}

/** Everything that can be wrong is said before the first look. */
async function looker(recordName: string | undefined, values: Values): Promise<() => Promise<PairStatus>> {
  if ((recordName === undefined) === (values.pair === undefined)) {
    throw usage('give either a record name, such as app.example.com, or --pair', 'status');
  }
  if (recordName !== undefined && !/^[^\s.]+(\.[^\s.]+)+\.?$/.test(recordName)) {
    throw usage(
      `"${recordName}" is no record name; give the full name, such as app.example.com, or --pair ${recordName}`,
      'status',
    );
  }
  const name = recordName?.replace(/\.$/, '').toLowerCase();
  const time = new SystemTime();
  const given = {
    nameServers: nameServers('status', values['name-server']),
    certificateAuthority: certificateAuthority('status', values.ca),
    ...(values.zone === undefined ? {} : { zoneName: values.zone.replace(/\.$/, '') }),
  };
  const ports = { time, dns: new AuthoritativeDns(), probe: new SocketProbe(time) };
  const { aws, registered } = await register(name, values);
  const asked = aws && (await import('../operator/database/ports')).statusPorts(aws);
  return () =>
    statusOf(
      registered,
      {
        ...targetOfName(registered.kind === 'known' ? registered.registration.recordName : (name ?? ''), values['beacon-label']),
        ...given,
      },
      {
        ...ports,
        journalOf: (controlSet) => {
          if (!aws) throw new Error('a registration came without AWS');
          return aws.journalOf(controlSet);
        },
        ...asked,
      },
    );
}

/** A pair that was named must be found; a record name may do without AWS. */
async function register(
  recordName: string | undefined,
  values: Values,
): Promise<{ readonly aws?: Aws; readonly registered: Registered }> {
  const { findPair, needAws, openAws } = await import('../operator/aws');
  if (values.pair !== undefined) {
    const aws = await needAws(values.region);
    const registration = await findPair(aws, values.pair, values['control-set']);
    return { aws, registered: { kind: 'known', registration, region: aws.region } };
  }
  const aws = await openAws(values.region);
  if ('kind' in aws) return { registered: { kind: 'unknown', because: `AWS is not asked: ${aws.because}` } };
  const pairs = await aws.registry.pairs();
  if ('kind' in pairs) return { registered: { kind: 'unknown', because: `registrations in ${aws.region}: ${pairs.because}` } };
  const registration = pairs.find((one) => one.recordName.toLowerCase() === recordName);
  return registration
    ? { aws, registered: { kind: 'known', registration, region: aws.region } }
    : {
        registered: {
          kind: 'unknown',
          because: `no pair in ${aws.region} answers ${recordName}; it registers in its standby Region (--region)`,
        },
      };
}

const CODES: Readonly<Record<PairStatus['verdict'], number>> = {
  ok: EXIT.ok,
  'not ok': EXIT.notOk,
  'cannot reach': EXIT.cannotReach,
};

function show(status: PairStatus, values: Values, shell: Shell): number {
  shell.write(values.json ? `${JSON.stringify(status, undefined, 2)}\n` : statusText(status, new Colours(shell)));
  return CODES[status.verdict];
}

async function watch(look: () => Promise<PairStatus>, values: Values, shell: Shell): Promise<number> {
  const periodMs = everySec('status', values.every) * 1_000;
  const stop = interrupt();
  const frame = new Frame(shell);
  const time = new SystemTime();
  try {
    while (!stop.asked()) {
      const status = await Promise.race([look(), stop.code]);
      if (typeof status === 'number') break;
      // One line each, so that a script can read them as they come.
      if (values.json) shell.write(`${JSON.stringify(status)}\n`);
      else frame.draw(`${statusText(status, new Colours(shell))}\n`);
      await Promise.race([time.sleep(periodMs), stop.code]);
    }
    return await stop.code;
  } finally {
    stop.off();
  }
}
