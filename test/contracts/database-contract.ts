import type { DatabaseMember, DatabaseRegistration, FenceSettings } from '../../lib/contracts/database';
import type {
  Applications,
  DatabaseRegistry,
  Databases,
  Fences,
  Lags,
  LatchPanel,
  LeaseRenewals,
  Leases,
  OrderAnswer,
  WriterPointer,
} from '../../lib/runtime/ports/database';
import { type Made, using } from './made';

/** A writer, and a replica of it that is `available`; nothing was ordered yet. */
export interface MadeDatabases extends Made {
  readonly databases: Databases;
  readonly registration: DatabaseRegistration;
  readonly replica: DatabaseMember;
  /** Lets time pass until an accepted promotion is through. */
  finish(): Promise<void> | void;
}

const said = async (look: ReturnType<Databases['look']>) => {
  const view = await look;
  if (view.kind !== 'member') throw new Error(JSON.stringify(view));
  return view;
};

export function databasesContract(name: string, make: () => MadeDatabases | Promise<MadeDatabases>): void {
  describe(`${name} keeps the contract of databases`, () => {
    test('a replica names its writer by id, wherever the writer is', () =>
      using(make, async ({ databases, registration, replica }) => {
        const view = await said(databases.look(registration, replica));
        expect(view).toMatchObject({ id: replica.id, status: 'available', replicaOf: registration.source.id });
      }));

    test('fails to see what does not exist, and says absent', () =>
      using(make, async ({ databases, registration, replica }) => {
        expect(await databases.look(registration, { ...replica, id: 'nobody' })).toEqual({ kind: 'absent' });
      }));

    test('an accepted promotion ends with a member that replicates from nothing', () =>
      using(make, async ({ databases, registration, replica, finish }) => {
        expect(await databases.promote(registration, replica, 1)).toEqual({ kind: 'accepted' });
        await finish();
        const view = await said(databases.look(registration, replica));
        expect([view.status, view.replicaOf]).toEqual(['available', undefined]);
      }));

    test('fails to accept the same promotion twice, while it runs and after it', () =>
      using(make, async ({ databases, registration, replica, finish }) => {
        await databases.promote(registration, replica, 1);
        const refused: readonly OrderAnswer['kind'][] = ['refused', 'already'];
        expect(refused).toContain((await databases.promote(registration, replica, 1)).kind);
        await finish();
        expect(refused).toContain((await databases.promote(registration, replica, 1)).kind);
      }));
  });
}

/** A replica with a sample in the minute that began at `atMs`: of 5 s, or one that says nothing about the lag. */
export interface MadeLags extends Made {
  readonly lags: Lags;
  readonly registration: DatabaseRegistration;
  readonly replica: DatabaseMember;
  readonly atMs: number;
}

export function lagsContract(name: string, make: (sample: 'of 5 s' | 'without lag') => MadeLags | Promise<MadeLags>): void {
  describe(`${name} keeps the contract of lags`, () => {
    test('samples are in milliseconds, and none is from after the window', () =>
      using(
        () => make('of 5 s'),
        async ({ lags, registration, replica, atMs }) => {
          expect(await lags.samples(registration, replica, atMs, atMs + 1)).toEqual([{ kind: 'lag', atMs, ms: 5_000 }]);
          const before = await lags.samples(registration, replica, atMs - 60_000, atMs - 1);
          expect('kind' in before ? before : before.filter((sample) => sample.atMs >= atMs)).toEqual([]);
        },
      ));

    test('fails as unknown, with the reason, where replication does not run', () =>
      using(
        () => make('without lag'),
        async ({ lags, registration, replica, atMs }) => {
          const unknown = { kind: 'unknown', atMs, because: expect.stringMatching(/./) };
          expect(await lags.samples(registration, replica, atMs, atMs + 1)).toEqual([unknown]);
        },
      ));
  });
}

export interface MadeLatchPanel extends Made {
  readonly panel: LatchPanel;
  readonly registration: DatabaseRegistration;
  /** What arrived last: latch, hold, and the writer names that are answered. */
  arrived(): { readonly latch: boolean; readonly hold: boolean; readonly writers: Readonly<Record<string, boolean>> };
}

export function latchPanelContract(name: string, make: () => MadeLatchPanel | Promise<MadeLatchPanel>): void {
  describe(`${name} keeps the contract of the latch panel`, () => {
    test('what is published last is what stands', () =>
      using(make, async ({ panel, registration, arrived }) => {
        const writers = { [registration.source.id]: true };
        expect(await panel.publish(registration, { on: false, hold: true }, writers)).toBe('published');
        expect(arrived()).toEqual({ latch: false, hold: true, writers });
        expect(await panel.publish(registration, { on: true, hold: false }, { a: false, b: true })).toBe('published');
        expect(arrived()).toMatchObject({ latch: true, hold: false, writers: { a: false, b: true } });
      }));
  });
}

export interface MadeFences extends Made {
  readonly fences: Fences;
  readonly fence: FenceSettings;
  /** Whether the old writer is cut off now. */
  closed(): boolean;
}

export function fencesContract(name: string, make: () => MadeFences | Promise<MadeFences>): void {
  describe(`${name} keeps the contract of fences`, () => {
    test('a fence goes up and down, each as often as it is asked for', () =>
      using(make, async ({ fences, fence, closed }) => {
        for (const _ of [1, 2]) {
          expect(await fences.raise(fence, 1)).toEqual({ kind: 'up', level: expect.stringMatching(/^F\d$/) });
          expect(closed()).toBe(true);
        }
        for (const _ of [1, 2]) {
          expect(await fences.lower(fence, 1)).toEqual({ kind: 'lowered' });
          expect(closed()).toBe(false);
        }
      }));
  });
}

export interface MadePointer extends Made {
  readonly pointer: WriterPointer;
  stands(parameter: string): { readonly endpoint: string; readonly epoch: number };
}

export function writerPointerContract(name: string, make: () => MadePointer | Promise<MadePointer>): void {
  describe(`${name} keeps the contract of the writer pointer`, () => {
    test('a higher epoch replaces, the same may repeat, and fails to go back', () =>
      using(make, async ({ pointer, stands }) => {
        expect(await pointer.set('/w', 'b:5432', 2)).toBe('set');
        expect(await pointer.set('/w', 'b:5432', 2)).toBe('set');
        expect(await pointer.set('/w', 'a:5432', 1)).toBe('newer');
        expect(stands('/w')).toEqual({ endpoint: 'b:5432', epoch: 2 });
        expect(await pointer.set('/w', 'c:5432', 3)).toBe('set');
        expect(stands('/w')).toEqual({ endpoint: 'c:5432', epoch: 3 });
      }));
  });
}

/** A lease of `app` with `rvn` r0 and epoch 0, held by `app-a`. */
export interface MadeLeases extends Made {
  readonly leases: Leases;
}

export function leasesContract(name: string, make: () => MadeLeases | Promise<MadeLeases>): void {
  describe(`${name} keeps the contract of leases`, () => {
    test('the record that was seen is taken once, and then has another number', () =>
      using(make, async ({ leases }) => {
        expect(await leases.read('app')).toMatchObject({ kind: 'lease', rvn: 'r0', epoch: 0, holder: 'app-a' });
        expect(await leases.take('app', 'r0', 1, 'run-1')).toBe('taken');
        expect(await leases.take('app', 'r0', 2, 'run-2')).toBe('lost');
        const now = await leases.read('app');
        expect(now).toMatchObject({ kind: 'lease', epoch: 1, holder: 'run-1' });
        expect(now).not.toMatchObject({ rvn: 'r0' });
      }));

    test('an epoch never falls, and the writer that gets it back has not renewed yet', () =>
      using(make, async ({ leases }) => {
        expect(await leases.take('app', 'r0', 3, 'run-3')).toBe('taken');
        const taken = await leases.read('app');
        if (taken.kind !== 'lease') throw new Error('it was taken');
        expect(await leases.take('app', taken.rvn, 2, 'run-2')).toBe('lost');
        expect(await leases.take('app', taken.rvn, 3, 'app-a')).toBe('taken');
        expect(await leases.read('app')).toMatchObject({ epoch: 3, holder: 'app-a', turn: 0 });
      }));

    test('a lease that stands is not offered', () =>
      using(make, async ({ leases }) => {
        expect(await leases.offer('app', 9, 'app-b1')).toBe('lost');
        expect(await leases.read('app')).toMatchObject({ rvn: 'r0' });
      }));
  });
}

/** A lease of `app` with epoch 3 and turn 2, held by `app-a`, and a way to read it. */
export interface MadeRenewals extends Made {
  readonly renewals: LeaseRenewals;
}

export function renewalsContract(name: string, make: () => MadeRenewals | Promise<MadeRenewals>): void {
  const belief = { epoch: 3, seenTurn: 2, turn: 3, sinceMs: 0 };
  describe(`${name} keeps the contract of renewals`, () => {
    test('a renewal changes the record and keeps holder and epoch', () =>
      using(make, async ({ renewals }) => {
        const before = await renewals.read('app');
        expect(await renewals.renew('app', 'app-a', belief)).toBe('renewed');
        const first = await renewals.read('app');
        expect(first).toMatchObject({ kind: 'lease', epoch: 3, holder: 'app-a', turn: 3 });
        expect(await renewals.renew('app', 'app-a', { ...belief, seenTurn: 3 })).toBe('renewed');
        const rvns = [before, first, await renewals.read('app')].map((look) => (look.kind === 'lease' ? look.rvn : look.kind));
        expect(new Set(rvns).size).toBe(3);
      }));

    test.each([
      ['another holder', 'app-b1', belief],
      ['an older epoch', 'app-a', { ...belief, epoch: 2 }],
      ['a newer epoch that nobody gave it', 'app-a', { ...belief, epoch: 4 }],
      ['the turn of an older run', 'app-a', { ...belief, seenTurn: 1, turn: 2 }],
    ])('fails as refused for %s, and changes nothing', (_what, holder, given) =>
      using(make, async ({ renewals }) => {
        const before = await renewals.read('app');
        expect(await renewals.renew('app', holder, given)).toBe('refused');
        expect(await renewals.read('app')).toEqual(before);
      }),
    );
  });
}

export interface MadeDatabaseRegistry extends Made {
  readonly registry: DatabaseRegistry;
}

export function databaseRegistryContract(
  name: string,
  make: (registration: DatabaseRegistration) => MadeDatabaseRegistry | Promise<MadeDatabaseRegistry>,
  registration: DatabaseRegistration,
): void {
  describe(`${name} keeps the contract of registered databases`, () => {
    test('a database is read as it was registered', () =>
      using(
        () => make(registration),
        async ({ registry }) => {
          expect(await registry.database(registration.pair)).toEqual(registration);
        },
      ));
  });
}

export interface MadeApplications extends Made {
  readonly applications: Applications;
}

export function applicationsContract(name: string, make: () => MadeApplications | Promise<MadeApplications>): void {
  describe(`${name} keeps the contract of applications`, () => {
    test('a refresh is done after a few calls with the same token', () =>
      using(make, async ({ applications }) => {
        const what = { kind: 'ecsService', cluster: 'c', service: 's' } as const;
        const answers: unknown[] = [];
        while (answers.at(-1) !== 'done' && answers.length < 5) answers.push(await applications.refresh(what, 'app-e1-0'));
        expect(answers.at(-1)).toBe('done');
        expect(answers.slice(0, -1).filter((answer) => answer !== 'started')).toEqual([]);
      }));
  });
}
