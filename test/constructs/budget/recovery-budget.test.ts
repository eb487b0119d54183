import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Annotations, App, CfnParameter, Duration, Stack, Stage } from 'aws-cdk-lib';
import {
  FailoverPair,
  type FailoverPairProps,
  FailoverRegions,
  FailoverStack,
  HealthProbe,
  OutageMode,
  RecoveryBudget,
  type RecoveryBudgetProps,
  RecoveryTarget,
  Site,
} from 'cdk-failover';
import { type BudgetFile, DEFAULT_TARGETS } from '../../../lib/decide/budget';
import { drill } from '../../decide/budget/support';
import { messageOf, warningsOf } from '../said';

const folders: string[] = [];
const folder = () => {
  const made = mkdtempSync(join(tmpdir(), 'budget-'));
  folders.push(made);
  return made;
};
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});

const zone = { zoneName: 'example.com', hostedZoneId: 'Z0123456789ABCDEFGHIJ' };
const regionsIn = (scope: App | Stage, id = 'Shop') =>
  new FailoverRegions(scope, id, { primary: 'eu-west-1', standby: 'eu-central-1', zone });
const pairIn = (regions: FailoverRegions, props: Partial<FailoverPairProps> = {}, id = 'App') =>
  new FailoverPair(regions.routing, id, {
    regions,
    recordName: id.toLowerCase(),
    primary: Site.ip('1.2.3.4'),
    standby: Site.ip('5.6.7.8'),
    ...props,
  });

/** A pair in an app of its own, with a budget when `asked`; synthesized on demand. */
function world(props: Partial<FailoverPairProps> = {}, asked?: Omit<RecoveryBudgetProps, 'pair'>) {
  const app = new App({ outdir: folder() });
  const pair = pairIn(regionsIn(app), props);
  if (asked) new RecoveryBudget(pair, 'Budget', { pair, ...asked });
  const said = () => {
    app.synth();
    const errors = pair.node.metadata.filter(({ type }) => type === 'aws:cdk:error').map(({ data }) => String(data));
    return { warnings: warningsOf(pair).filter((text) => !text.includes('NoAlerts')), errors };
  };
  const file = (): BudgetFile => JSON.parse(readFileSync(join(app.synth().directory, 'failover-budget.json'), 'utf8'));
  return { app, pair, said, file };
}

describe('every pair has a budget', () => {
  test('two addresses with the defaults: one warning with a stable id, no error', () => {
    const { warnings, errors } = world().said();
    expect(errors).toEqual([]);
    expect(warnings).toEqual([
      'pair app: detection 30 s is missed at worst: refused 30.6 s, HTTP error 30.6 s, slow answer 36.6 s, black hole 42.1 s; ' +
        'most of it is HTTPS check, 10 s x 3, 16 checkers: 42.1 s at worst (simulated). ' +
        'RTO 120 s is missed at worst: refused 121.6 s, HTTP error 121.6 s, slow answer 127.6 s, black hole 133.2 s; ' +
        "most of it is Route 53: the checkers' verdict to changed answers: 60 s at worst (assumed). " +
        'Cheapest change that meets detection and RTO: health failures: 2 (no cost; changed in place; an outage of about 20 s ' +
        'moves the name, not only one of 30 s); or waive it with a reason in RecoveryBudget [ack: cdk-failover:BudgetAtRisk]',
    ]);
  });

  test('with failures 2 there is nothing to say', () => {
    expect(world({ health: HealthProbe.https({ failures: 2 }) }).said()).toEqual({ warnings: [], errors: [] });
  });

  test('FailoverStack has one too, and its pair takes a RecoveryBudget', () => {
    const app = new App({ outdir: folder() });
    const stack = new FailoverStack(app, 'Web', {
      env: { region: 'us-east-1' },
      zoneName: 'example.com',
      recordName: 'app',
      primary: Site.ip('1.2.3.4'),
      standby: Site.ip('5.6.7.8'),
    });
    // #region budget
    new RecoveryBudget(stack, 'Budget', {
      pair: stack.pair,
      targets: { detection: Duration.seconds(45), rto: Duration.seconds(130) },
      waivers: [{ target: RecoveryTarget.RTO, mode: OutageMode.BLACK_HOLE, reason: 'no firewall in front' }],
    });
    // #endregion
    app.synth();
    expect(warningsOf(stack.pair).filter((text) => text.includes('Budget'))).toEqual([]);
  });

  test('30 s x 3 is an error in the assembly, and the rest a warning', () => {
    const { warnings, errors } = world({ health: HealthProbe.https({ interval: Duration.seconds(30) }) }).said();
    expect(errors).toEqual([
      expect.stringMatching(
        /^pair app: detection 30 s is impossible: best case refused 60\.4 s, .* \[id: cdk-failover:BudgetImpossible\]$/,
      ),
    ]);
    expect(warnings).toEqual([
      expect.stringMatching(/^pair app: RTO 120 s is missed at worst: .* \[ack: cdk-failover:BudgetAtRisk\]$/),
    ]);
  });

  test('the warning can be acknowledged by its id', () => {
    const { pair, said } = world();
    Annotations.of(Stack.of(pair)).acknowledgeWarning('cdk-failover:BudgetAtRisk', 'a page with news');
    expect(said().warnings).toEqual([]);
    expect(pair.node.metadata.filter(({ type }) => type === 'aws:cdk:error')).toEqual([]);
  });

  test('a pair says it once, however often the app is synthesized', () => {
    const { app, said } = world();
    app.synth({ force: true });
    app.synth({ force: true });
    expect(said().warnings).toHaveLength(1);
  });

  test('fewer checker Regions have fewer checkers', () => {
    const health = HealthProbe.https({ checkerRegions: ['us-east-1', 'eu-west-1', 'ap-southeast-1'] });
    expect(world({ health }).file().pairs[0]?.facts.check.checkers).toBe(6);
  });
});

describe('failover-budget.json', () => {
  test('holds every pair of the app, with its path, facts, targets, modes and findings', () => {
    const app = new App({ outdir: folder() });
    const regions = regionsIn(app);
    pairIn(regions);
    pairIn(regions, { ttl: Duration.seconds(45), health: HealthProbe.tcp({ failures: 2 }) }, 'Shop');
    const file: BudgetFile = JSON.parse(readFileSync(join(app.synth().directory, 'failover-budget.json'), 'utf8'));
    expect(file.schema).toBe('cdk-failover.budget/1');
    expect(file.pairs.map((p) => [p.pair, p.path, p.verdict, p.targetsSec])).toEqual([
      ['app', 'Shop/Routing/App', 'at-risk', DEFAULT_TARGETS],
      ['shop', 'Shop/Routing/Shop', 'at-risk', DEFAULT_TARGETS],
    ]);
    expect(file.pairs[1]).toMatchObject({
      facts: {
        check: { protocol: 'tcp', intervalSec: 10, failures: 2, checkers: 16 },
        answer: { kind: 'record', ttlSec: 45, apex: false },
      },
      findings: [{ target: 'detection', fix: { change: 'HealthProbe.https() in place of tcp' } }, { target: 'rto' }],
    });
    expect(file.pairs[0]?.modes.map((m) => m.mode)).toEqual(['refused', 'http-500', 'slow', 'black-hole']);
  });

  test('of a stage lies in the assembly of the stage', () => {
    const app = new App({ outdir: folder() });
    pairIn(regionsIn(new Stage(app, 'Prod')));
    pairIn(regionsIn(new Stage(app, 'Test')));
    const { directory } = app.synth();
    expect(existsSync(join(directory, 'failover-budget.json'))).toBe(false);
    for (const stage of ['Prod', 'Test']) {
      const file: BudgetFile = JSON.parse(readFileSync(join(directory, `assembly-${stage}`, 'failover-budget.json'), 'utf8'));
      expect(file.pairs.map((p) => p.path)).toEqual([`${stage}/Shop/Routing/App`]);
    }
  });

  test('is written, and the pair annotated, also when validation is skipped', () => {
    const { app, pair } = world();
    const { directory, stacks } = app.synth({ skipValidation: true });
    expect(existsSync(join(directory, 'failover-budget.json'))).toBe(true);
    expect(warningsOf(pair).filter((text) => text.includes('BudgetAtRisk'))).toHaveLength(1);
    expect(stacks.flatMap((s) => s.messages).filter((m) => String(m.entry.data).includes('BudgetAtRisk'))).toHaveLength(1);
  });

  test('is the same for the same app: no time, no chance', () => {
    expect(world().file()).toEqual(world().file());
  });
});

describe('targets and waivers', () => {
  test('the documented default targets are the ones that are judged', () => {
    expect(DEFAULT_TARGETS).toEqual({ detection: 30, switch: 60, rto: 120, rpo: 60 });
    expect(world({}, {}).file().pairs[0]?.targetsSec).toEqual(DEFAULT_TARGETS);
  });

  test('targets of the user replace the defaults one by one', () => {
    const targets = { trafficSwitch: Duration.seconds(20), rpo: Duration.seconds(0) };
    expect(world({}, { targets }).file().pairs[0]?.targetsSec).toEqual({ detection: 30, switch: 20, rto: 120, rpo: 0 });
  });

  test('a waiver silences its mode, and its reason stands in the file', () => {
    const waivers = [
      { target: RecoveryTarget.DETECTION, reason: 'partners retry for a minute' },
      { target: RecoveryTarget.RTO, mode: OutageMode.BLACK_HOLE, reason: 'no firewall in front' },
    ];
    const { said, file } = world({}, { waivers });
    expect(said().warnings).toEqual([
      expect.stringMatching(
        /^pair app: RTO 120 s is missed at worst: refused 121\.6 s, HTTP error 121\.6 s, slow answer 127\.6 s; /,
      ),
    ]);
    const [pair] = file().pairs;
    expect(pair?.waivers).toEqual([
      { reason: 'partners retry for a minute', target: 'detection' },
      { reason: 'no firewall in front', target: 'rto', mode: 'black-hole' },
    ]);
    expect(pair?.waived.map((cell) => [cell.target, cell.mode, cell.waived])).toEqual([
      ['detection', 'refused', 'partners retry for a minute'],
      ['detection', 'http-500', 'partners retry for a minute'],
      ['detection', 'slow', 'partners retry for a minute'],
      ['detection', 'black-hole', 'partners retry for a minute'],
      ['rto', 'black-hole', 'no firewall in front'],
    ]);
  });

  test('a waiver of an impossible target leaves no error', () => {
    const health = HealthProbe.https({ interval: Duration.seconds(30) });
    expect(world({ health }, { waivers: [{ reason: 'cheap' }] }).said()).toEqual({ warnings: [], errors: [] });
  });

  test('a waiver that gives up nothing is told', () => {
    const health = HealthProbe.https({ failures: 2 });
    const waivers = [{ target: RecoveryTarget.DETECTION, reason: 'seldom' }];
    expect(world({ health }, { waivers }).said().warnings).toEqual([
      'the waiver "seldom" gives up detection in every mode, where nothing is missed; remove it [ack: cdk-failover:IdleWaiver]',
    ]);
  });

  test('fails with every mistake at once', () => {
    const app = new App();
    const pair = pairIn(regionsIn(app));
    new RecoveryBudget(pair, 'First', { pair });
    const late = new CfnParameter(new Stack(app, 'P'), 'Sec', { type: 'Number' }).valueAsNumber;
    const props = {
      pair,
      targets: { detection: Duration.seconds(0), rto: Duration.seconds(late) },
      waivers: [{ reason: 'fine' }, { reason: ' ' }],
      calibration: 'no-such-file.json',
    };
    expect(messageOf(() => new RecoveryBudget(pair, 'Second', props))).toBe(
      [
        '[TargetTime] targets.detection is 0 s; nothing recovers in no time; give more than 0 s (at Shop/Routing/App/Second)',
        '[TargetTime] targets.rto is only known at deploy time; the budget is judged at synth; give a number of seconds (at Shop/Routing/App/Second)',
        '[WaiverReason] waivers[1].reason is empty; it is all that a reader of the budget learns; say why the miss is accepted (at Shop/Routing/App/Second)',
        '[Calibration] calibration is "no-such-file.json", which cannot be read (no such file); put the drill reports there, or leave calibration out (at Shop/Routing/App/Second)',
        '[SecondBudget] pair app has a RecoveryBudget already; two would contradict each other; keep one (at Shop/Routing/App/Second)',
      ].join('\n'),
    );
  });
});

describe('calibration', () => {
  const calibrated = (content: string, props: Partial<FailoverPairProps> = {}) => {
    const calibration = join(folder(), 'drills.json');
    writeFileSync(calibration, content);
    return { calibration, made: () => world(props, { calibration }) };
  };

  test('drills replace the assumed delay of Route 53; the file says measured, by how many drills and when', () => {
    const { made } = calibrated(JSON.stringify([drill(31.9), drill(33.9)]));
    const { file, said } = made();
    const [pair] = file().pairs;
    expect(pair?.calibration?.dns).toMatchObject({ drills: 2, fromDay: '2026-11-03', toDay: '2026-11-03' });
    const dns = pair?.modes[0]?.lines.find((line) => line.part === 'dns');
    expect(dns).toMatchObject({ provenance: 'measured', source: '2 drills, 2026-11-03' });
    expect(said().warnings).toEqual([expect.stringMatching(/^pair app: detection 30 s is missed at worst: (?!.*RTO 120 s)/)]);
  });

  test.each([
    [
      'truncated',
      '[{"schema":"cdk-failover.drill-report/1","dri',
      'which is not complete JSON (45 characters); copy the drill reports from the report bucket again',
    ],
    [
      'of another schema version',
      '[{"schema":"cdk-failover.drill-report/9"}]',
      'whose report 1 has schema "cdk-failover.drill-report/9"; this version reads "cdk-failover.drill-report/1"; use reports of this version, or the version of cdk-failover that wrote them',
    ],
    [
      'negative',
      JSON.stringify(drill(-1)),
      'whose report 1 (app-tue-1) saw the switch 1 s before the fault; a time is never negative; remove that report, or copy the drill reports from the report bucket again',
    ],
    [
      'from the future',
      JSON.stringify(drill(30, { endedAtMs: Date.UTC(2199, 0, 1) })),
      'whose report 1 (app-tue-1) ended at 2199-01-01T00:00:00.000Z, in the future; set the clock of this machine, or remove that report',
    ],
  ])('fails on a file that is %s', (_name, content, text) => {
    const { calibration, made } = calibrated(content);
    expect(messageOf(made)).toBe(`[Calibration] calibration is "${calibration}", ${text} (at Shop/Routing/App/Budget)`);
  });
});

test('a database of the pair is part of its budget', () => {
  const { pair, said } = world({ health: HealthProbe.https({ failures: 2 }) });
  pair._budget.useDatabase({ kind: 'replica-promotion', lagThresholdSec: 30, lagPeriodSec: 60, consentSec: 60 });
  expect(said().errors).toEqual([expect.stringMatching(/^pair app: RTO 120 s is impossible: best case refused 242\.3 s, /)]);
});
