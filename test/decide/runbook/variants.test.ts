/** What a runbook says for other databases, fences, applications and sites than those of docs/runbooks. Whole steps. */
import { spawnSync } from 'node:child_process';
import { type Bound, databaseFailover, markdown, type Runbook, regionFailover } from '../../../lib/decide/runbook';
import { takeLease } from '../../../lib/decide/runbook/lease';
import { ask, askSite, aws, indented, shell } from '../../../lib/decide/runbook/shell';
import type { RunbookDatabase, RunbookPair } from '../../../lib/decide/runbook/types';
import { EXAMPLE_DATABASE, EXAMPLE_PAIR } from '../../../scripts/runbook-docs';

const bound = (change: Partial<RunbookDatabase> = {}, pair: Partial<RunbookPair> = {}): Bound => ({
  pair: { ...EXAMPLE_PAIR, ...pair },
  database: { ...EXAMPLE_DATABASE, ...change },
});
const stepsOf = (book: Runbook) => book.parts.flatMap(({ steps }) => steps);
const step = (of: Bound, name: string, book = databaseFailover) => {
  const found = stepsOf(book(of)).find((one) => one.name === name);
  if (!found) throw new Error(`no step ${name}`);
  return found;
};
const text = (of: Bound, name: string, book = databaseFailover) => step(of, name, book).commands.join('\n');
const lines = (...all: string[]) => all.join('\n');

describe('an Aurora Global Database', () => {
  const aurora = bound({ kind: 'auroraGlobal', globalCluster: 'shop' });
  const members = lines(
    'aws rds describe-global-clusters --region eu-central-1 \\',
    '  --global-cluster-identifier shop \\',
    "  --query 'GlobalClusters[].[Status,FailoverState.Status,GlobalClusterMembers[].[DBClusterArn,IsWriter]]'",
  );
  const lag = (cluster: string) =>
    lines(
      'aws cloudwatch get-metric-statistics --region eu-central-1 \\',
      '  --namespace AWS/RDS \\',
      '  --metric-name AuroraGlobalDBRPOLag \\',
      `  --dimensions ${cluster} \\`,
      '  --start-time "$BEFORE" \\',
      '  --end-time "$FAILED" \\',
      '  --period 60 \\',
      '  --statistics Maximum \\',
      "  --query 'sort_by(Datapoints,&Timestamp)[].[Timestamp,Maximum]'",
    );

  test.each<[string, string, string | undefined]>([
    [
      'assess',
      lines(members, lag('Name=DBClusterIdentifier,Value=shop-b1'), members, lag('Name=DBClusterIdentifier,Value=shop-b2')),
      'Take a replica that is `available`, still replicates from shop-a, and whose last lag before the failure is lowest: ' +
        'below 60 s, and its sample younger than 5 min before the failure. ' +
        'Lag is in milliseconds; -1 or no datapoint is unknown, not small.',
    ],
    ['verify_replica_sync', lag('"Name=DBClusterIdentifier,Value=$CANDIDATE"'), undefined],
    [
      'promote_replica',
      lines(
        'aws rds failover-global-cluster --region eu-central-1 \\',
        '  --global-cluster-identifier shop \\',
        '  --target-db-cluster-identifier "arn:aws:rds:eu-central-1:$ACCOUNT:cluster:$CANDIDATE" \\',
        '  --allow-data-loss',
        members,
      ),
      'The chosen cluster is the member with `IsWriter` true.',
    ],
    [
      'protect_new_writer',
      lines(
        'aws rds describe-db-clusters --region eu-central-1 \\',
        '  --db-cluster-identifier "$CANDIDATE" \\',
        "  --query 'DBClusters[].DBClusterMembers[].[DBInstanceIdentifier,IsClusterWriter]'",
      ),
      'The cluster has a second instance to fail over to.',
    ],
    [
      'keep_old_writes',
      lines(
        'aws rds describe-db-cluster-snapshots --region eu-west-1 \\',
        '  --db-cluster-identifier shop-a \\',
        "  --query 'DBClusterSnapshots[?starts_with(DBClusterSnapshotIdentifier,'\\''rds:unplanned-global-failover'\\'')].DBClusterSnapshotIdentifier'",
        'aws rds copy-db-cluster-snapshot --region eu-west-1 \\',
        `  --source-db-cluster-snapshot-identifier "\${SNAPSHOT:?the newest of these}" \\`,
        '  --target-db-cluster-snapshot-identifier "shop-a-final-e$EPOCH"',
      ),
      'The copy is `available`. The original ages out with the old retention.',
    ],
    [
      'rebuild',
      lines(
        'aws rds describe-global-clusters --region eu-west-1 \\',
        '  --global-cluster-identifier shop \\',
        "  --query 'GlobalClusters[].GlobalClusterMembers[].[DBClusterArn,IsWriter,SynchronizationStatus]'",
        '# once it is a member again:',
        text(aurora, 'undo_stop_writes_to_primary'),
      ),
      'The old cluster is a member again, `connected`. Aurora adds it by itself once its Region is well.',
    ],
  ])('%s', (name, commands, verify) => {
    expect(text(aurora, name)).toBe(commands);
    if (verify !== undefined) expect(step(aurora, name).verify).toBe(verify);
  });

  test('goes back by a switchover, and tells the journal the name of the cluster', () => {
    expect(step(aurora, 'failback').commands.slice(2, 5)).toEqual([
      '# once lag is 0 with writes stopped:',
      lines(
        'aws rds switchover-global-cluster --region eu-central-1 \\',
        '  --global-cluster-identifier shop \\',
        '  --target-db-cluster-identifier "arn:aws:rds:eu-west-1:$ACCOUNT:cluster:shop-a"',
      ),
      '# once it stands alone: the journal, because the keeper says each minute what it wants',
    ]);
    expect(text(aurora, 'failback')).toContain('jq --arg writer "shop-a" --argjson epoch "$EPOCH"');
    expect([step(aurora, 'promote_replica').takes?.what, step(aurora, 'failback').takes?.what]).toEqual([
      'Aurora Global failover, "within a few minutes"',
      'Aurora Global switchover, planned, grows with lag',
    ]);
  });

  test('is saved as a cluster before its Region is left', () => {
    expect(text(aurora, 'backup_local_state', regionFailover)).toBe(
      lines(
        'aws rds create-db-cluster-snapshot --region eu-west-1 \\',
        '  --db-cluster-identifier shop-a \\',
        '  --db-cluster-snapshot-identifier "shop-a-before-e$EPOCH"',
      ),
    );
  });

  test('without a name of its global cluster leaves the place of it empty', () => {
    const unnamed = bound({ kind: 'auroraGlobal' });
    for (const name of ['assess', 'promote_replica', 'rebuild', 'failback']) {
      expect([name, text(unnamed, name).includes("--global-cluster-identifier ''")]).toEqual([name, true]);
    }
  });
});

describe('consent', () => {
  const before = (dataLoss: RunbookDatabase['dataLoss']) => step(bound({ dataLoss }), 'verify_replica_sync').before;
  test.each<[RunbookDatabase['dataLoss'], string]>([
    [{ kind: 'any' }, 'Any loss is consented to beforehand.'],
    [{ kind: 'none' }, 'No loss is consented to beforehand: ask who owns the data, and write the answer down.'],
    [
      { kind: 'upTo', ms: 30_000 },
      'Up to 30 s of lost writes are consented to beforehand; for more, ask who owns the data, and write the answer down.',
    ],
    [
      { kind: 'upTo' },
      'Up to 0 s of lost writes are consented to beforehand; for more, ask who owns the data, and write the answer down.',
    ],
  ])('%j', (dataLoss, said) => {
    expect(before(dataLoss)).toBe(`The loss is the lag just before the failure. ${said}`);
  });
});

describe('fences', () => {
  const acl = {
    kind: 'networkAcl',
    region: 'eu-west-1',
    subnets: ['subnet-1', 'subnet-2'],
    denyAcl: 'acl-0',
    openAcl: 'acl-1',
  } as const;
  const stop = { kind: 'function', name: 'stop-writes' } as const;
  const called = (action: string) =>
    lines(
      'aws lambda invoke --region eu-central-1 \\',
      '  --function-name stop-writes \\',
      '  --cli-binary-format raw-in-base64-out \\',
      `  --payload "{\\"action\\":\\"${action}\\",\\"epoch\\":$EPOCH}" fence.json; cat fence.json`,
    );
  const swapped = (to: string) => [
    lines(
      'for subnet in subnet-1 subnet-2; do',
      '  association=$(aws ec2 describe-network-acls --region eu-west-1 \\',
      '    --filters "Name=association.subnet-id,Values=$subnet" \\',
      '    --query "NetworkAcls[].Associations[?SubnetId==\'$subnet\'].NetworkAclAssociationId[]" \\',
      '    --output text)',
      `  aws ec2 replace-network-acl-association --region eu-west-1 --association-id "$association" --network-acl-id ${to}`,
      'done',
    ),
    `aws ec2 describe-network-acls --region eu-west-1 --network-acl-ids ${to} --query 'NetworkAcls[].Associations[].SubnetId'`,
  ];
  const wait = 'sleep 10   # what was sent before the stop still arrives';
  test.each<[string, RunbookDatabase['fences'], string[], string[]]>([
    ['a function alone', [stop], [called('raise')], [called('lower')]],
    ['a network alone', [acl], swapped('acl-0'), swapped('acl-1')],
    [
      'both: what stops writes goes first',
      [acl, stop],
      [called('raise'), wait, ...swapped('acl-0')],
      [...swapped('acl-1'), called('lower')],
    ],
    [
      'a network of another account',
      [{ ...acl, roleArn: 'arn:aws:iam::111111111111:role/fence' }],
      ['# with credentials of arn:aws:iam::111111111111:role/fence', ...swapped('acl-0')],
      ['# with credentials of arn:aws:iam::111111111111:role/fence', ...swapped('acl-1')],
    ],
    [
      'none',
      [],
      ['# no fence is registered that works before the promotion: latch and writer name must do'],
      ['# no fence was raised'],
    ],
    [
      'an instance to stop, which is for later',
      [{ kind: 'stopInstance', region: 'eu-west-1', id: 'shop-a' }],
      ['# no fence is registered that works before the promotion: latch and writer name must do'],
      ['# no fence was raised'],
    ],
  ])('%s', (_name, fences, up, down) => {
    expect(step(bound({ fences }), 'stop_writes_to_primary').commands).toEqual(up);
    expect(step(bound({ fences }), 'undo_stop_writes_to_primary').commands).toEqual(down);
  });
});

describe('what runs in the standby Region', () => {
  const group = { kind: 'autoScalingGroup', name: 'web' } as const;
  const reconnect = { kind: 'function', name: 'reconnect' } as const;
  const size = (of: Bound) => step(of, 'prepare_standby', regionFailover).commands;
  test('is started anew, and grows where it can', () => {
    const of = bound({ refresh: [group, reconnect] });
    expect(step(of, 'refresh_applications').commands).toEqual([
      'aws autoscaling start-instance-refresh --region eu-central-1 --auto-scaling-group-name web --strategy Rolling',
      lines(
        'aws lambda invoke --region eu-central-1 \\',
        '  --function-name reconnect \\',
        '  --cli-binary-format raw-in-base64-out \\',
        '  --payload "{\\"action\\":\\"refresh\\",\\"token\\":\\"by-hand-$EPOCH\\"}" refresh.json; cat refresh.json',
      ),
    ]);
    expect(size(of)).toEqual([
      'aws autoscaling set-desired-capacity --region eu-central-1 --auto-scaling-group-name web --desired-capacity "$FULL"',
    ]);
  });

  test('is named as missing when nothing is registered', () => {
    expect(step(bound({ refresh: [] }), 'refresh_applications').commands).toEqual([
      '# nothing is registered: restart what holds connections to the old writer',
    ]);
    expect(size(bound({ refresh: [reconnect] }))).toEqual([
      '# nothing is registered that scales; check quotas and capacity of what serves there',
    ]);
  });
});

describe('without a name', () => {
  const { writerName: _name, writerParameter: _parameter, ...rest } = EXAMPLE_DATABASE;
  const nameless: Bound = { pair: EXAMPLE_PAIR, database: { ...rest, replicas: [] } };
  test('of the writer there is none to repoint, and no replica is said to write', () => {
    expect(step(nameless, 'repoint_writer').commands).toEqual([
      '# no writer name and no parameter: point your applications to it by their own means',
    ]);
    expect(step(nameless, 'repoint_writer').verify).toBe('What your applications read for their writer names the new one.');
    expect(step(nameless, 'latch').commands.join('\n')).not.toContain('Writer-g1');
  });

  test('of a replica the set-up leaves it open', () => {
    expect(databaseFailover(nameless).setUp.slice(3, 5)).toEqual([
      'CANDIDATE=                       # after assess: the replica that you chose',
      'EPOCH=1                          # acquire reads it from the journal',
    ]);
  });

  test('of a beacon of the standby nobody asks for one', () => {
    const asked = (beacons: RunbookPair['beacons']) => step(bound({}, { beacons }), 'confirm_scope', regionFailover).commands;
    expect(asked({ primary: 'p.example.com' })).toHaveLength(3);
    expect(asked({ primary: 'p.example.com', standby: 's.example.com' })[1]).toBe(
      'for server in $(dig +short NS example.com); do dig +tcp +short TXT s.example.com "@$server"; done',
    );
  });
});

test.each([
  ['a port that answers', { protocol: 'tcp', connect: 'db.example.com', port: 5432 }, 'nc -z -w 4 db.example.com 5432'],
  ['the root of a site', { protocol: 'http', connect: 'a.example.com', port: 80 }, 'curl -si --max-time 6 http://a.example.com/'],
  [
    'another port',
    { protocol: 'https', connect: 'a.example.com', port: 8443, path: '/up' },
    'curl -si --max-time 6 https://a.example.com:8443/up',
  ],
  [
    'the port of the other protocol',
    { protocol: 'http', connect: 'a.example.com', port: 443 },
    'curl -si --max-time 6 http://a.example.com:443/',
  ],
  [
    'an address under a name',
    { protocol: 'https', connect: '192.0.2.1', port: 443, host: 'a.example.com', path: '/up' },
    'curl -si --max-time 6 --connect-to a.example.com:443:192.0.2.1:443 https://a.example.com/up',
  ],
] as const)('a site is asked for %s', (_name, probe, command) => {
  expect(askSite(probe)).toBe(command);
});

test('every server of the zone is asked itself', () => {
  expect(ask(EXAMPLE_PAIR, 'A', 'shop.example.com')).toBe(
    'for server in $(dig +short NS example.com); do dig +tcp +short A shop.example.com "@$server"; done',
  );
});

describe('a command of AWS', () => {
  test('stands on one line of 120 characters, and is broken before it is longer', () => {
    const head = 'aws rds stop --region eu-west-1';
    const room = 120 - head.length - ' --id '.length;
    expect(aws('rds', 'stop', 'eu-west-1', ['id', 'x'.repeat(room)])).toBe(`${head} --id ${'x'.repeat(room)}`);
    expect(aws('rds', 'stop', 'eu-west-1', ['id', 'x'.repeat(room + 1)])).toBe(`${head} \\\n  --id ${'x'.repeat(room + 1)}`);
  });

  test('gets exactly the words that were meant, whatever is in them', () => {
    const words = [
      'plain-1_2./:=,@%+',
      '',
      "it's",
      "'",
      'two words',
      '$HOME',
      '`id`',
      '"x"',
      'a\\b',
      '*',
      'a;b',
      'x[?y==`1`]',
      'é',
    ];
    const command = aws(
      'rds',
      'x',
      'r',
      ...words.map((word) => ['w', word] as const),
      ['n', 7],
      ['flag'],
      ['v', shell('"$SEEN"')],
    );
    const heard = spawnSync('bash', ['-c', `SEEN='as is'; aws() { printf '%s\\0' "$@"; }; ${command}`], { encoding: 'utf8' });
    const given = words.flatMap((word) => ['--w', word]);
    expect(heard.stdout.split('\0').slice(0, -1)).toEqual([
      ...['rds', 'x', '--region', 'r'],
      ...given,
      ...['--n', '7', '--flag', '--v', 'as is'],
    ]);
  });

  test('inside a loop is indented line by line', () => expect(indented('a \\\n  b')).toBe('  a \\\n    b'));
});

test('a page says how long a step takes, and what the controller does with the same step', () => {
  const shown = (name: string, book = databaseFailover(bound())) => {
    const parts = markdown(book).split(/^(?=### )/m);
    return parts
      .find((part) => part.includes(`\`${name}\`\n`))
      ?.split('\n')
      .filter((line) => /^- \*\*(Takes|The controller)/.test(line));
  };
  expect(shown('acquire')).toEqual([
    '- **Takes:** 3 s, at worst 8 s (assumed: take the epoch, read the facts, pass the RPO gate)',
    '- **The controller** tries for 30 s, then it gives up and undoes',
  ]);
  expect(shown('latch')?.[0]).toBe('- **Takes:** 60 s, at worst 2 min (assumed: latch in DNS by an alarm-backed check of 60 s)');
  expect(shown('protect_new_writer')).toEqual(['- **Takes:** minutes to hours, in the background']);
  expect(shown('undo_latch')?.[1]).toMatch(/^- \*\*The controller\*\* tries for .*, then it pages, and goes on with the next$/);
});

test('a lease is read twice, and taken only as it stood both times', () => {
  const lease = { table: 'shop-lease', region: 'eu-central-1' };
  const read = lines(
    'aws dynamodb get-item --region eu-central-1 \\',
    '  --table-name shop-lease \\',
    `  --key '{"pk":{"S":"pair#app"}}' \\`,
    '  --consistent-read \\',
    '  --query Item.rvn.S \\',
    '  --output text',
  );
  const taken = String.raw`{\"pk\":{\"S\":\"pair#app\"},\"rvn\":{\"S\":\"by-hand-e$EPOCH\"},\"holder\":{\"S\":\"by-hand-e$EPOCH\"},\"epoch\":{\"N\":\"$EPOCH\"},\"turn\":{\"N\":\"0\"}}`;
  expect(takeLease(bound({ lease })).join('\n')).toBe(
    lines(
      '# the lease, twice, 30 s apart: two different words mean that the primary renews it, so its writer lives. Stop here',
      `FIRST=$(${read})`,
      'sleep 30',
      `SEEN=$(${read})`,
      'echo "$FIRST $SEEN"',
      '[ "$FIRST" = "$SEEN" ] && aws dynamodb put-item --region eu-central-1 \\',
      '  --table-name shop-lease \\',
      `  --item "${taken}" \\`,
      "  --condition-expression 'rvn = :seen AND epoch <= :epoch' \\",
      String.raw`  --expression-attribute-values "{\":seen\":{\"S\":\"$SEEN\"},\":epoch\":{\"N\":\"$EPOCH\"}}"`,
    ),
  );
  expect(takeLease(bound())).toEqual([]);
});
