import { EVENT_SCHEMA, type FailoverEvent } from '../../lib/contracts/events';
import type { ChecksDocument, PairRegistration } from '../../lib/contracts/registration';
import type { Alarms, Announcer, Functions, Machine, Metrics, Registry, Reports, Schedules } from '../../lib/runtime/ports';
import { registrationOf } from '../fakes/registration';
import { type Made, using } from './made';

/** A registry in which exactly these are registered, each with these checks. */
export interface MadeRegistry extends Made {
  readonly registry: Registry;
}

export function registryContract(
  name: string,
  make: (registrations: readonly PairRegistration[], checks: ChecksDocument) => MadeRegistry | Promise<MadeRegistry>,
): void {
  const one = registrationOf();
  const two = registrationOf({ pair: 'other', checksParameter: '/cdk-failover/web/other/checks' });
  const checks = { primary: 'check-a', standby: 'check-b' };
  const made = () => make([one, two], checks);
  describe(`${name} keeps the registry contract`, () => {
    test('a pair is read by its name, and all pairs together', () =>
      using(made, async ({ registry }) => {
        expect(await registry.pair('app')).toEqual(one);
        const pairs = await registry.pairs();
        expect(Array.isArray(pairs) ? pairs.map((entry) => entry.pair).sort() : pairs).toEqual(['app', 'other']);
      }));

    test('the ids of the checks are read from the routing Region', () =>
      using(made, async ({ registry }) => {
        expect(await registry.checks(one)).toEqual(checks);
      }));

    test('fails as unknown, with the reason, for a pair or checks that nobody registered', () =>
      using(made, async ({ registry }) => {
        const unknown = { kind: 'unknown', because: expect.stringContaining('ParameterNotFound') };
        expect(await registry.pair('nobody')).toEqual(unknown);
        expect(await registry.checks(registrationOf({ checksParameter: '/cdk-failover/web/nobody/checks' }))).toEqual(unknown);
      }));
  });
}

export interface MadeSchedules extends Made {
  readonly schedules: Schedules;
}

export function schedulesContract(name: string, make: () => MadeSchedules | Promise<MadeSchedules>): void {
  describe(`${name} keeps the contract of one-shot schedules`, () => {
    test('a name is taken once, can be removed, and is then gone', () =>
      using(make, async ({ schedules }) => {
        const atMs = Date.UTC(2099, 0, 1);
        expect(await schedules.restoreAt('restore-app-1', atMs, { pair: 'app' })).toBe('created');
        expect(await schedules.restoreAt('restore-app-1', atMs, { pair: 'app' })).toBe('exists');
        expect(await schedules.remove('restore-app-1')).toBe('removed');
        expect(await schedules.remove('restore-app-1')).toBe('absent');
      }));
  });
}

export interface MadeMachine extends Made {
  readonly machine: Machine;
}

export function machineContract(name: string, make: () => MadeMachine | Promise<MadeMachine>): void {
  describe(`${name} keeps the contract of the machine`, () => {
    test('a repeated start is the same execution', () =>
      using(make, async ({ machine }) => {
        const input = { pair: 'app', drillId: 'app-1', level: 'OBSERVE', scenario: 'primary_crash' };
        const first = await machine.start('app-1', input);
        const again = await machine.start('app-1', input);
        expect(first).toEqual({ kind: 'started', execution: expect.stringContaining('app-1') });
        // Step Functions answers the same running execution, or that its name is taken.
        expect(again).toMatchObject({ execution: (first as { execution: string }).execution });
      }));
  });
}

/** Alarms of one Region, in these states. */
export interface MadeAlarms extends Made {
  readonly alarms: Alarms;
}

export function alarmsContract(
  name: string,
  make: (
    region: string,
    states: Readonly<Record<string, 'OK' | 'ALARM' | 'INSUFFICIENT_DATA'>>,
  ) => MadeAlarms | Promise<MadeAlarms>,
): void {
  const states = { fine: 'OK', on: 'ALARM', blind: 'INSUFFICIENT_DATA' } as const;
  describe(`${name} keeps the contract of alarms`, () => {
    test('every state is told by name, and an alarm that does not exist is missing', () =>
      using(
        () => make('eu-central-1', states),
        async ({ alarms }) => {
          expect(await alarms.states('eu-central-1', ['fine', 'on', 'blind', 'nobody'])).toEqual(states);
        },
      ));

    test('no names, no question', () =>
      using(
        () => make('eu-central-1', states),
        async ({ alarms }) => {
          expect(await alarms.states('eu-central-1', [])).toEqual({});
        },
      ));
  });
}

export interface MadeMetrics extends Made {
  readonly metrics: Metrics;
  published(): readonly {
    readonly name: string;
    readonly value: number;
    readonly dimensions: Readonly<Record<string, string>>;
  }[];
}

export function metricsContract(name: string, make: () => MadeMetrics | Promise<MadeMetrics>): void {
  describe(`${name} keeps the contract of metrics`, () => {
    test('what is published arrives with name, value and dimensions', () =>
      using(make, async (made) => {
        const metric = {
          name: 'DrillRtoSeconds',
          value: 61.5,
          unit: 'Seconds',
          dimensions: { ControlSet: 'web', Pair: 'app' },
        } as const;
        await made.metrics.publish([metric]);
        await made.metrics.publish([]);
        expect(made.published()).toEqual([
          expect.objectContaining({ name: metric.name, value: 61.5, dimensions: metric.dimensions }),
        ]);
      }));
  });
}

export interface MadeReports extends Made {
  readonly reports: Reports;
  stored(key: string): string | undefined;
}

export function reportsContract(name: string, make: () => MadeReports | Promise<MadeReports>): void {
  describe(`${name} keeps the contract of reports`, () => {
    test('a report is kept under its key, and a later one replaces it', () =>
      using(make, async (made) => {
        await made.reports.put('drills/app/app-1.json', '{"a":"é"}', 'application/json');
        await made.reports.put('drills/app/app-1.json', '{"a":"ü"}', 'application/json');
        expect(made.stored('drills/app/app-1.json')).toBe('{"a":"ü"}');
      }));
  });
}

export interface MadeAnnouncer extends Made {
  readonly announcer: Announcer;
  readonly topicArn: string;
  /** Messages of the topic, in order. */
  received(): readonly string[] | Promise<readonly string[]>;
}

export function announcerContract(name: string, make: () => MadeAnnouncer | Promise<MadeAnnouncer>): void {
  const event: FailoverEvent = {
    schema: EVENT_SCHEMA,
    type: 'drill-started',
    pair: 'app',
    incidentKey: 'app/drill/app-1',
    epoch: 0,
    atMs: 1_795_514_400_000,
    source: 'drill',
    provenance: 'measured',
    action: 'note',
    severity: 'info',
    summary: 'Zoë\nstarts a drill'.padEnd(300, '.'),
  };
  describe(`${name} keeps the contract of announcing`, () => {
    test('the whole event arrives on the topic', () =>
      using(make, async (made) => {
        await made.announcer.announce(made.topicArn, event);
        const received = await made.received();
        expect(received.map((text) => JSON.parse(text))).toEqual([event]);
      }));
  });
}

/** `echo` answers what it got, `failing` throws an error that says `no way`, `missing` does not exist. */
export interface MadeFunctions extends Made {
  readonly functions: Functions;
  readonly echo: string;
  readonly failing: string;
  readonly missing: string;
}

export function functionsContract(name: string, make: () => MadeFunctions | Promise<MadeFunctions>): void {
  describe(`${name} keeps the contract of functions`, () => {
    test('the answer comes back', () =>
      using(make, async ({ functions, echo }) => {
        expect(await functions.invoke(echo, { pair: 'app', é: 1 })).toEqual({ kind: 'done', answer: { pair: 'app', é: 1 } });
      }));

    test('fails with the error of the function, or with the name of one that does not exist', () =>
      using(make, async ({ functions, failing, missing }) => {
        expect(await functions.invoke(failing, {})).toEqual({ kind: 'failed', because: expect.stringContaining('no way') });
        expect(await functions.invoke(missing, {})).toEqual({
          kind: 'failed',
          because: expect.stringContaining('ResourceNotFoundException'),
        });
      }));
  });
}
