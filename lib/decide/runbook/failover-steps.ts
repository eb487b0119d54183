/** The steps of the plan, as a person carries them out without any of our code. */
import { CONSENT_LIMIT_SEC, type DatabaseStep, type UndoStep } from '../database/plan';
import { SPANS } from '../timings/spans';
import { keepOut, letIn, tellJournal } from './automation';
import { lowerFences, raiseFences } from './fences';
import { askLatch, sayEachMinute, sayForMinutes, writersOf } from './latch';
import { CANDIDATE, carrierOf, forCandidate, lagOf, lagOfCandidate, look, lookAtCandidate, promote } from './orders';
import { refresh } from './refresh';
import { ask, askSite, aws, shell } from './shell';
import type { Bound, RunbookStep } from './types';

type Make = (bound: Bound) => RunbookStep;

const lagUnit = (bound: Bound) => (carrierOf(bound) === 'rds' ? 'seconds' : 'milliseconds');

const consented = ({ database: { dataLoss } }: Bound) =>
  dataLoss.kind === 'any'
    ? 'Any loss is consented to beforehand.'
    : dataLoss.kind === 'upTo'
      ? `Up to ${(dataLoss.ms ?? 0) / 1000} s of lost writes are consented to beforehand; for more, ask who owns the data, and write the answer down.`
      : 'No loss is consented to beforehand: ask who owns the data, and write the answer down.';

/** One per step of the plan: the compiler asks for a step that is added there. */
export const FAILOVER_STEPS: Readonly<Record<DatabaseStep, Make>> = {
  acquire: (bound) => ({
    name: 'acquire',
    title: 'Be the only one who acts',
    before:
      'A person has decided to fail over: the writer is dead, not only a web endpoint, and its own service does not recover it.',
    commands: keepOut(bound),
    verify:
      'No execution is listed as running, and both functions say 0. `database-unwatched` will fire: that is you.' +
      (bound.database.lease
        ? ' The lease is taken: one word, twice, and no error. If it cannot be read, nobody can say that the primary is dead but you.'
        : ''),
    mustNot:
      'Do not stop an execution whose journal has `promoteRequested`: it is past the point of no return. Let it go on, or go on at promote_replica.',
    takes: SPANS['decide.assess'],
  }),
  assess: (bound) => ({
    name: 'assess',
    title: 'Choose the replica that loses least',
    before: 'You are the only one who acts.',
    commands: bound.database.replicas.flatMap((member) => [look(bound, member), ...lagOf(bound, member)]),
    verify:
      `Take a replica that is \`available\`, still replicates from ${bound.database.source.id}, and whose last lag before the failure is lowest: ` +
      `below ${bound.database.limits.lagMs / 1000} s, and its sample younger than ${bound.database.limits.sampleAgeMs / 60_000} min before the failure. ` +
      `Lag is in ${lagUnit(bound)}; -1 or no datapoint is unknown, not small.`,
    mustNot:
      'Do not judge by the lag of now: it grows for as long as the primary is dead. Do not take a replica that is `backing-up`: it cannot be promoted.',
    takes: SPANS['decide.assess'],
  }),
  stop_writes_to_primary: (bound) => ({
    name: 'stop_writes_to_primary',
    title: 'Fence the old primary, if its Region answers',
    before: 'A replica is chosen. Where the primary is dead this is best effort: give it 20 s, then go on.',
    commands: raiseFences(bound),
    verify: 'Every subnet shows the closed ACL, or the function answers `"held": true`. Write down which fence is up.',
    mustNot:
      'Do not stop the old instance yet: RDS refuses while a replica hangs on it. Do not trust a security group: it lets open connections live.',
    takes: SPANS.fence,
  }),
  verify_replica_sync: (bound) => ({
    name: 'verify_replica_sync',
    title: 'Accept the loss, or do not promote',
    before: `The loss is the lag just before the failure. ${consented(bound)}`,
    commands: lagOfCandidate(bound),
    verify: 'Loss, and who consented to it, are written down.',
    mustNot: 'Do not go on without a figure: unknown lag is a reason not to promote.',
    waits: `seconds; where a person is asked, the controller waits ${CONSENT_LIMIT_SEC / 60} min and then gives up`,
  }),
  latch: (bound) => ({
    name: 'latch',
    title: 'Latch: nobody is sent to the old primary again',
    before: 'The loss is accepted.',
    commands: [
      ...sayEachMinute(bound, { latch: true, writers: writersOf(bound) }),
      '# in another terminal, until both say "unhealthy" on every server',
      ...askLatch(bound),
    ],
    verify: `Both beacons say \`"unhealthy"\` on every name server of ${bound.pair.zoneName}. The keeper may page \`latch-not-ours\` after 3 min: that is you.`,
    mustNot:
      'Do not promote before Route 53 shows the latch: a primary that reboots is healthy again in seconds, and users would write there.',
    takes: SPANS['latch.alarm'],
  }),
  promote_replica: (bound) => ({
    name: 'promote_replica',
    title: 'Promote. From here on there is no way back',
    before: 'The latch is seen, the loss is accepted, the old primary is still dead or fenced.',
    commands: [promote(bound), lookAtCandidate(bound)],
    verify: {
      aurora: 'The chosen cluster is the member with `IsWriter` true.',
      rds: 'The instance is `available` and shows no source. Without an answer look first; ask again only if it still shows its source and is `available`.',
      function: 'It is `available` and says that it writes. Without an answer look first; ask again only if it still replicates.',
    }[carrierOf(bound)],
    mustNot: 'Do not promote a second replica. Do not start, reboot or repair the old primary from now on.',
    takes: carrierOf(bound) === 'aurora' ? SPANS['db.global-failover'] : SPANS['db.replica-promotion'],
  }),
  repoint_writer: (bound) => ({
    name: 'repoint_writer',
    title: 'Point writers to it',
    before: 'The new writer stands alone and is available.',
    commands: repoint(bound),
    verify: bound.database.writerName
      ? `From inside its network, \`dig +short CNAME ${bound.database.writerName.name}\` answers the endpoint of the new writer.`
      : 'What your applications read for their writer names the new one.',
    mustNot: 'Do not edit the record by hand: it would fight the check, and the next deployment.',
    takes: SPANS['db.writer-name'],
  }),
  refresh_applications: (bound) => ({
    name: 'refresh_applications',
    title: 'Start applications anew, so that pools let go of dead addresses',
    before: 'The writer name answers the new writer.',
    commands: refresh(bound),
    verify: 'Deployments are finished, and errors of writes are gone.',
    mustNot: 'Do not restart what runs in the primary Region: it may still reach the old writer.',
    takes: SPANS['db.reconnect'],
  }),
  verify_functionality: (bound) => ({
    name: 'verify_functionality',
    title: 'See that users are served and can write',
    before: 'The applications run against the new writer.',
    commands: [
      ask(bound.pair, 'A', bound.pair.recordName),
      ask(bound.pair, 'TXT', bound.database.latch.beacons.standbyAllowed),
      askSite(bound.pair.standby.probe),
    ],
    verify:
      'Every server answers the standby, its beacon says `"healthy"`, the site answers 200 three times in a row, and a write of your own arrives.',
    mustNot: 'Do not end the loop of the latch.',
    takes: SPANS['dns.effective'],
  }),
  announce: (bound) => ({
    name: 'announce',
    title: 'Tell the journal, then people',
    before: 'Users are served by the standby.',
    commands: [...tellJournal(bound, 'standby', CANDIDATE), ...letIn(bound)],
    verify:
      'Within two minutes both beacons of the latch still say `"unhealthy"` with your loop ended, and `latch-not-ours` is resolved. Then resolve the incident, with loss, fence and times.',
    mustNot: 'Do not end your loop before the journal says `"on": true`: the keeper would let the primary back in.',
    takes: { ...SPANS['decide.assess'], what: 'one conditional write' },
  }),
};

function repoint(bound: Bound): readonly string[] {
  const { database } = bound;
  const { writerParameter } = database;
  const value = shell(`"{\\"endpoint\\":\\"$ENDPOINT\\",\\"epoch\\":$EPOCH}"`);
  const loops = database.replicas.flatMap(({ id }) => sayEachMinute(bound, { latch: true, writers: writersOf(bound, id) }, id));
  const named = ['# end the loop of the latch first; this one says both', ...loops];
  const commands = [
    ...(database.writerName ? named : []),
    ...(writerParameter === undefined
      ? []
      : [
          forCandidate(bound, ({ endpoint, port }) => `ENDPOINT=${endpoint}:${port}`),
          aws(
            'ssm',
            'put-parameter',
            database.standbyRegion,
            ['name', writerParameter],
            ['value', value],
            ['type', 'String'],
            ['overwrite'],
          ),
        ]),
  ];
  return commands.length > 0 ? commands : ['# no writer name and no parameter: point your applications to it by their own means'];
}

/** Before the point of no return, newest first. */
export const UNDO_STEPS: Readonly<Record<UndoStep, Make>> = {
  undo_latch: (bound) => ({
    name: 'undo_latch',
    title: 'Let traffic follow health again',
    before:
      'Nothing was promoted, and nobody asked for it: the journal has no `promoteRequested`, the replica still shows its source.',
    commands: [
      '# end the loop of the latch; the journal first, because the keeper says each minute what it wants',
      ...tellJournal(bound, 'undone', shell('""')),
      ...sayForMinutes(bound, { latch: false, writers: writersOf(bound) }),
      ...askLatch(bound),
    ],
    verify: 'The beacon of the latch says `"healthy"` on every server.',
    mustNot: 'Never after the promote call.',
    takes: SPANS['latch.alarm'],
  }),
  undo_stop_writes_to_primary: (bound) => ({
    name: 'undo_stop_writes_to_primary',
    title: 'Open the fences',
    before: 'The latch is off.',
    commands: lowerFences(bound),
    verify: 'Every subnet shows its open ACL again; replication runs.',
    mustNot: 'Never after the promote call.',
    takes: SPANS.fence,
  }),
  undo_acquire: (bound) => ({
    name: 'undo_acquire',
    title: 'Give the pair back',
    before: 'Latch and fences are as before.',
    commands: letIn(bound),
    verify: 'The metric `DatabaseProberTicks` has datapoints again.',
    mustNot: 'Do not let automation in while the primary is only half back: it would try again.',
    takes: SPANS['decide.assess'],
  }),
};
