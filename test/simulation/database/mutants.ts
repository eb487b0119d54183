/** Planted bugs, each a port that lies or forgets, and the invariant that must notice. */
import type { JournalItem } from '../../../lib/decide/journal';
import type {
  Decorate,
  DecoratePager,
  InvariantId,
  Setting,
  SettingChange,
  SimulatedPorts,
} from '../../../lib/lab/simulated/database';
import { NO_FAULTS, PAIR, SOURCE } from '../../../lib/lab/simulated/database';
import type { PagerPorts } from '../../../lib/runtime/drive/pager';

export interface Mutant {
  readonly name: string;
  /** The invariant that kills it. */
  readonly killedBy: InvariantId;
  readonly decorate?: Decorate;
  readonly decoratePager?: DecoratePager;
  readonly change: SettingChange | ((setting: Setting) => SettingChange);
}

/** Every item that is read is shown changed; what is written back is believed. */
const showing =
  (change: (item: JournalItem) => JournalItem): Decorate =>
  (ports) => ({
    ...ports,
    journal: {
      ...ports.journal,
      read: async (pair) => {
        const item = await ports.journal.read(pair);
        return item && pair === PAIR ? change(item) : item;
      },
    },
  });

type Database = NonNullable<JournalItem['database']>;
const onDatabase = (change: (database: Database) => Database) =>
  showing((item) => (item.database ? { ...item, database: change(item.database) } : item));
const onRun = (change: (run: NonNullable<Database['run']>) => Database['run']) =>
  onDatabase((database) => (database.run ? ({ ...database, run: change(database.run) } as Database) : database));

const withPort =
  <K extends keyof SimulatedPorts>(port: K, change: (given: SimulatedPorts[K]) => SimulatedPorts[K]): Decorate =>
  (ports) => ({ ...ports, [port]: change(ports[port]) });

/** A region that dies for good, seen by everybody, with nothing else in the way. */
const DEAD: SettingChange = {
  scenario: 'region dies',
  mode: 'liveness',
  heartbeat: true,
  lease: false,
  trigger: 'unanimous',
  dataLoss: { kind: 'upTo', ms: 60_000 },
  orderedAtMs: undefined,
  pause: undefined,
  readerBeganMs: undefined,
  faults: NO_FAULTS,
  blind: { dns: [], probe: [], heartbeat: [], service: [], lease: [] },
  promotionFails: false,
};
const { scenario: _dies, ...CALM } = DEAD;
const RETURNS: SettingChange = { ...CALM, scenario: 'region returns' };

/** The site is dark for long, and its writer lives. */
const DARK = ({ brokenAtMs }: Setting): SettingChange => ({
  ...CALM,
  scenario: 'web only',
  siteDown: [[brokenAtMs, brokenAtMs + 900_000]],
  replicas: slow(1_000),
});

/** The writer dies while its replicas fall behind, a moment after the service sampled their lag. */
const FALLING = ({ brokenAtMs }: Setting): SettingChange => ({
  ...CALM,
  scenario: 'writer dies',
  dataLoss: { kind: 'any' },
  replays: true,
  idle: false,
  readers: 1,
  clockSet: undefined,
  sampledMs: (brokenAtMs - 3_000) % 60_000,
  ingestionMs: 5_000,
  replicas: slow(1_000).map((r) => ({ ...r, slow: { span: [brokenAtMs - 90_000, Number.MAX_SAFE_INTEGER], ms: 45_000 } })),
});

/** What the reader says of its looks, changed. */
const saying = (change: (ms: readonly number[]) => readonly number[] | undefined): Decorate =>
  withPort('heartbeats', (heartbeats) => ({
    read: async (registration, member) => {
      const reading = await heartbeats.read(registration, member);
      if (reading.kind === 'unknown' || !reading.excess) return reading;
      const { excess, ...rest } = reading;
      const ms = change(excess.ms);
      return ms ? { ...rest, excess: { ...excess, ms } } : rest;
    },
  }));

const verdicts = (names: readonly string[], says: 'healthy' | 'unhealthy'): Decorate =>
  withPort('dns', (dns) => ({
    ...dns,
    ask: (server, name, type, transport) =>
      names.some((part) => name.startsWith(part))
        ? Promise.resolve({ kind: 'answer', values: [says], ttlSec: 1 })
        : dns.ask(server, name, type, transport),
  }));

const withPager =
  <K extends keyof PagerPorts>(port: K, change: (given: PagerPorts[K]) => PagerPorts[K]): DecoratePager =>
  (ports) => ({ ...ports, [port]: change(ports[port]) });

/** A Region that comes back after a while in which a person was asked, told over an alert path in a storm. */
const STORM = ({ brokenAtMs }: Setting): SettingChange & Pick<Setting, 'faults'> => {
  const down = [[brokenAtMs, brokenAtMs + 200_000]] as const;
  const faults = { ...NO_FAULTS, alertTwice: 0.6, alertLate: 0.6, pagerDutyBusy: 0.4 };
  return { ...CALM, trigger: 'manual', siteDown: down, writerDown: down, linkDown: down, faults };
};

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'promotes before the latch is seen',
    killedBy: 'I3',
    change: DEAD,
    decorate: verdicts(['_latch', '_allowed-primary'], 'unhealthy'),
  },
  {
    name: 'believes that it publishes the latch',
    killedBy: 'I8',
    change: { ...DEAD, replicas: slow(1_000) },
    decorate: withPort('latchPanel', () => ({ publish: async () => 'published' })),
  },
  {
    name: 'judges lag now in place of lag before the failure',
    killedBy: 'I8',
    change: { ...DEAD, replicas: slow(1_000) },
    decorate: (ports, world) => ({
      ...ports,
      lags: {
        samples: async (_r, member) => [
          {
            kind: 'lag',
            atMs: world.setting.brokenAtMs - 30_000,
            ms: world.nowMs() - world.replication.received(member.id, world.nowMs()),
          },
        ],
      },
    }),
  },
  {
    name: 'writes the journal without a condition',
    killedBy: 'I15',
    change: { ...DEAD, twoRunners: true },
    decorate: (ports, world, runner) => ({
      ...ports,
      journal: {
        ...ports.journal,
        read: async (pair) => {
          const item = await ports.journal.read(pair);
          await ports.time.sleep(Math.floor(world.uniform() * 3_000));
          return item;
        },
        write: async (item) => {
          world.store.put(item, runner);
          return 'written';
        },
      },
    }),
  },
  {
    name: 'reads an unknown lag as 0',
    killedBy: 'I2',
    change: { ...CALM, scenario: 'writer dies', faults: { ...NO_FAULTS, lagHole: 1 }, replicas: slow(85_000) },
    decorate: withPort('lags', () => ({ samples: async (_r, _m, _from, toMs) => [{ kind: 'lag', atMs: toMs - 1, ms: 0 }] })),
  },
  {
    name: 'asks again after an ambiguous time-out without a look',
    killedBy: 'I15',
    change: DEAD,
    decorate: (ports) => ({
      ...ports,
      databases: {
        ...ports.databases,
        promote: async (registration, candidate, epoch) => {
          await ports.databases.promote(registration, candidate, epoch);
          const next = registration.replicas.find((r) => r.id !== candidate.id) ?? candidate;
          return ports.databases.promote(registration, next, epoch);
        },
      },
    }),
  },
  {
    name: 'takes a security group for a fence',
    killedBy: 'I10',
    change: (setting) => ({
      ...CALM,
      scenario: 'web only',
      trigger: 'manual',
      dataLoss: { kind: 'any' },
      fences: ['networkAcl'],
      orderedAtMs: setting.brokenAtMs + 100_000,
      orderedRun: 'failover',
    }),
    decorate: withPort('fences', (fences) => ({ ...fences, raise: async () => ({ kind: 'up', level: 'F3' }) })),
  },
  {
    name: 'accepts a stale heartbeat and a dead ping from nobody',
    killedBy: 'I14',
    change: DARK,
    decorate: (ports, world) => ({
      ...ports,
      heartbeats: {
        read: async () => ({
          kind: 'heartbeat',
          rowAtMs: 0,
          rowEpoch: 0,
          unchangedForMs: Math.max(0, world.nowMs() - world.setting.brokenAtMs),
          writerAnswers: false,
        }),
      },
    }),
  },
  {
    name: 'promotes on a failing web endpoint only',
    killedBy: 'I14',
    change: DARK,
    // The site's health is taken for the writer's.
    decorate: (ports, world) => ({
      ...ports,
      heartbeats: {
        read: async () => ({
          kind: 'heartbeat',
          rowAtMs: 0,
          rowEpoch: 0,
          unchangedForMs: world.siteUp() ? 0 : 31_000,
          arrivedWithinMs: world.siteUp() ? 0 : 31_000,
          writerAnswers: world.siteUp(),
        }),
      },
    }),
  },
  {
    name: 'takes its own broken path for an outage',
    killedBy: 'I14',
    change: { ...CALM, scenario: 'partition only' },
    decorate: verdicts(['_primary.'], 'unhealthy'),
  },
  {
    name: 'has no dedup key',
    killedBy: 'I5',
    change: DEAD,
    decorate: withPort('announcer', (announcer) => {
      let n = 0;
      return {
        announce: (topic, event) => {
          n += 1;
          return announcer.announce(topic, { ...event, incidentKey: `${event.incidentKey}/${event.type}/${n}` });
        },
      };
    }),
  },
  {
    name: 'never resolves',
    killedBy: 'I5',
    change: DEAD,
    decorate: withPort('announcer', (announcer) => ({
      announce: (topic, event) => announcer.announce(topic, event.action === 'resolve' ? { ...event, action: 'note' } : event),
    })),
  },
  {
    name: 'never pages',
    killedBy: 'I8',
    change: { ...CALM, scenario: 'web only' },
    decorate: withPort('announcer', () => ({ announce: async () => undefined })),
  },
  {
    name: 'takes any consent, whatever loss was shown',
    killedBy: 'I2',
    change: { ...DEAD, dataLoss: { kind: 'never' }, consentAfterMs: undefined },
    decorate: onRun((run) => ({ ...run, consent: { by: 'nobody', epoch: run.epoch, lossMs: 3_600_000, atMs: 0 } })),
  },
  {
    name: 'does not write the request ahead of the order',
    killedBy: 'I15',
    change: DEAD,
    decorate: withPort('journal', (journal) => ({
      ...journal,
      write: async (item, seen) => {
        const run = item.database?.run;
        if (!run?.promoteRequested) return journal.write(item, seen);
        const { promoteRequested: _requested, ...forgetful } = run;
        return journal.write({ ...item, database: { ...item.database, run: forgetful } as Database }, seen);
      },
    })),
  },
  {
    name: 'rolls back after a promotion was requested',
    killedBy: 'I15',
    change: DEAD,
    decorate: withPort('journal', (journal) => ({
      ...journal,
      write: (item, seen) => {
        const run = item.database?.run;
        if (!run?.promoteRequested || !run.steps['promote_replica'] || run.steps['promote_replica'].attempts < 3) {
          return journal.write(item, seen);
        }
        const rollback = { atMs: 0, because: ['it takes long'] };
        return journal.write({ ...item, database: { ...item.database, run: { ...run, rollback } } as Database }, seen);
      },
    })),
  },
  {
    name: 'ignores a pause',
    killedBy: 'I14',
    change: (setting) => ({ ...DEAD, pause: [setting.brokenAtMs - 10_000, setting.brokenAtMs + 1_200_000] }),
    decorate: showing(({ pausedUntilMs: _paused, ...item }) => item),
  },
  {
    name: 'does not rest after it gave up',
    killedBy: 'I7',
    change: { ...CALM, scenario: 'region dies' },
    decorate: (ports, world, runner) => {
      const rested = onDatabase(({ restUntilMs: _rest, ...database }) =>
        database.state === 'ROLLED_BACK' ? { ...database, state: 'ARMED' } : database,
      );
      const blind = { ...ports, lags: { samples: async () => [] } };
      return runner === 'prober' ? rested(ports, world, runner) : blind;
    },
  },
  {
    name: 'takes the best replica by name',
    killedBy: 'I2',
    change: { ...DEAD, replicas: [...slow(50_000).slice(0, 1), ...slow(500).slice(1)] },
    decorate: withPort('lags', () => ({
      samples: async (_r, member, _from, toMs) => [{ kind: 'lag', atMs: toMs - 1, ms: member.id === 'r1' ? 0 : 20_000 }],
    })),
  },
  {
    name: 'lets go of the latch once the standby writes',
    killedBy: 'I3',
    change: RETURNS,
    decorate: (ports, world, runner) =>
      runner === 'keeper' && world.service.promotions.length > 0
        ? {
            ...ports,
            latchPanel: { publish: (r, latch, writers) => ports.latchPanel.publish(r, { ...latch, on: false }, writers) },
          }
        : ports,
  },
  {
    name: 'never fences an old primary that comes back',
    killedBy: 'I16',
    change: (setting) => ({ ...RETURNS, fences: ['networkAcl'], linkDown: [[setting.brokenAtMs, setting.brokenAtMs + 400_000]] }),
    decorate: withPort('machine', (machine) => ({
      start: (name, input) =>
        'duty' in (input as object) ? Promise.resolve({ kind: 'exists', execution: name }) : machine.start(name, input),
    })),
  },
  {
    name: 'lets the prober fence',
    killedBy: 'I13',
    change: DEAD,
    decorate: (ports, world, runner) =>
      runner === 'prober' && world.registration.fences[0]
        ? {
            ...ports,
            metrics: { publish: async () => void (await ports.fences.raise(world.registration.fences[0] as never, 1)) },
          }
        : ports,
  },
  {
    name: 'leaves the writer name at the old writer until the promotion is over',
    killedBy: 'I1',
    // With a fence the old primary could not be written to, wherever the name leads.
    change: { ...RETURNS, fences: [] },
    decorate: (ports, world) => ({
      ...ports,
      latchPanel: {
        publish: (r, latch, writers) =>
          ports.latchPanel.publish(r, latch, world.store.read(PAIR)?.database?.writer === SOURCE ? {} : writers),
      },
    }),
  },
  {
    name: 'lets the prober promote',
    killedBy: 'I13',
    change: DEAD,
    decorate: (ports, world, runner) =>
      runner !== 'prober'
        ? ports
        : {
            ...ports,
            machine: {
              start: async (name, input) => {
                const { registration } = world;
                const first = registration.replicas[0];
                if (first) await ports.databases.promote(registration, first, 1);
                return ports.machine.start(name, input);
              },
            },
          },
  },
  {
    name: 'says it is done before anything writes',
    killedBy: 'I10',
    change: DEAD,
    decorate: withPort('databases', (databases) => ({
      ...databases,
      look: async (registration, member) => {
        const view = await databases.look(registration, member);
        if (view.kind !== 'member' || view.status === 'available') return view;
        const { replicaOf: _source, ...alone } = view;
        return { ...alone, status: 'available' };
      },
    })),
  },
  {
    name: 'leaves its latch behind when it gives up',
    killedBy: 'I4',
    change: DEAD,
    decorate: (ports) => ({
      ...ports,
      lags: { samples: async () => [] },
      latchPanel: { publish: (r, latch, writers) => ports.latchPanel.publish(r, { ...latch, on: true }, writers) },
    }),
  },
  {
    name: 'keeps the lease once the new writer stands',
    killedBy: 'I12',
    change: { ...DEAD, lease: true, renewerDown: [], replicas: slow(1_000) },
    decorate: withPort('leases', (leases) => ({
      ...leases,
      take: async (pair, seenRvn, epoch, holder) =>
        holder.startsWith(`${PAIR}-e`) ? leases.take(pair, seenRvn, epoch, holder) : 'taken',
    })),
  },
  {
    name: 'takes a replica that stood still for one that was up to date',
    killedBy: 'I9',
    change: (setting) => ({
      ...CALM,
      scenario: 'writer dies',
      dataLoss: { kind: 'any' },
      replicas: slow(1_000).map((r) => ({ ...r, stalled: [setting.brokenAtMs - 400_000, Number.MAX_SAFE_INTEGER] })),
    }),
    decorate: (ports, world) => ({
      ...ports,
      lags: { samples: async (_r, _m, _from, toMs) => [{ kind: 'lag', atMs: toMs - 1, ms: 0 }] },
      heartbeats: {
        read: async (registration, member) => {
          const reading = await ports.heartbeats.read(registration, member);
          const unchangedForMs = Math.max(0, world.nowMs() - world.setting.brokenAtMs);
          return reading.kind === 'unknown' ? reading : { ...reading, unchangedForMs, arrivedWithinMs: unchangedForMs };
        },
      },
    }),
  },
  {
    name: 'leaves out the minute of the failure though nobody looked',
    killedBy: 'I9',
    change: FALLING,
    decorate: (ports, world, runner) => ({
      ...saying(() => undefined)(ports, world, runner),
      lags: {
        samples: async (registration, member, fromMs) =>
          ports.lags.samples(registration, member, fromMs, world.setting.brokenAtMs - 60_000),
      },
    }),
  },
  {
    name: 'leaves out the minute of the failure and what looks add',
    killedBy: 'I9',
    change: FALLING,
    decorate: saying((ms) => ms.map(() => 0)),
  },
  {
    name: 'holds delays against a moment at which the replica was slow already',
    killedBy: 'I9',
    change: FALLING,
    decorate: saying((ms) => ms.map(() => Math.min(...ms))),
  },
  {
    name: 'takes its first looks for looks of the minutes before',
    killedBy: 'I9',
    change: (setting) => ({ ...FALLING(setting), readerBeganMs: setting.brokenAtMs - 50_000 }),
    decorate: saying((ms) => [...ms, ...new Array<number>(30).fill(ms.at(-1) ?? 0)]),
  },
  {
    name: 'judges the lease by the wall clock, not by whether it was renewed',
    killedBy: 'I14',
    change: (setting) => ({
      ...CALM,
      scenario: 'web only',
      lease: true,
      siteDown: [[setting.brokenAtMs, setting.brokenAtMs + 900_000]],
      linkDown: [[setting.brokenAtMs, setting.brokenAtMs + 900_000]],
    }),
    decorate: withPort('leases', () => ({
      read: async () => ({ kind: 'lease', rvn: 'written long ago by a clock that is behind', epoch: 0, holder: SOURCE, turn: 1 }),
      take: async () => 'taken',
      offer: async () => 'lost',
    })),
  },
  {
    name: 'forgets a resolve that PagerDuty is too busy for',
    killedBy: 'I17',
    change: (setting) => ({ ...STORM(setting), faults: { ...NO_FAULTS, pagerDutyBusy: 0.9 } }),
    decoratePager: withPager('pagerDuty', (pagerDuty) => ({
      post: async (endpoint, event) => {
        const answer = await pagerDuty.post(endpoint, event);
        return event['event_action'] === 'resolve' ? { kind: 'status', status: 202, body: '' } : answer;
      },
    })),
  },
  {
    name: 'asks no journal, so that a page that comes again opens an incident again',
    killedBy: 'I17',
    change: STORM,
    decoratePager: ({ journal: _journal, ...ports }) => ports,
  },
  {
    name: 'drops what PagerDuty is too busy for',
    killedBy: 'I18',
    change: { ...DEAD, trigger: 'manual', faults: { ...NO_FAULTS, pagerDutyBusy: 0.9 } },
    decoratePager: withPager('pagerDuty', (pagerDuty) => ({
      post: async (endpoint, event) => {
        await pagerDuty.post(endpoint, event);
        return { kind: 'status', status: 202, body: '' };
      },
    })),
  },
  {
    name: 'gives PagerDuty no dedup key',
    killedBy: 'I19',
    change: STORM,
    decoratePager: withPager('pagerDuty', (pagerDuty) => ({
      post: (endpoint, { dedup_key: _key, ...event }) => pagerDuty.post(endpoint, event),
    })),
  },
];

/** Two replicas that are this far behind, and nothing else wrong with them. */
function slow(lagMs: number): Setting['replicas'] {
  return [
    { id: 'r1', priority: 0, lagMs, alone: false },
    { id: 'r2', priority: 1, lagMs: lagMs + 500, alone: false },
  ];
}
