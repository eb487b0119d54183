import { App, type AppProps, type Stack } from 'aws-cdk-lib';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import {
  AlertPath,
  AlertTarget,
  FailoverDrill,
  type FailoverDrillProps,
  FailoverPair,
  FailoverRegions,
  FailoverStack,
  type FailoverStackProps,
  Site,
} from '../../lib';

/** Apps that many tests look at. Each call builds a new one: constructs cannot be shared between tests that add to them. */
export const ACCOUNT = '111111111111';
export const ZONE = { zoneName: 'example.com', hostedZoneId: 'Z0123456789ABCDEFGHIJ' };
export const TUESDAYS = scheduler.ScheduleExpression.cron({ weekDay: 'TUE', hour: '10', minute: '0' });

export interface Built {
  readonly app: App;
  readonly regions: FailoverRegions;
  readonly pairs: readonly FailoverPair[];
  readonly drills: readonly FailoverDrill[];
}

export interface Shape {
  readonly account?: string;
  readonly pairs?: number;
  readonly alerts?: boolean;
  readonly app?: AppProps;
  readonly drill?: (regions: FailoverRegions, n: number) => Partial<FailoverDrillProps>;
}

const alertPath = (scope: App, id: string, regions: FailoverRegions) =>
  new AlertPath(scope, id, {
    regions,
    targets: [AlertTarget.pagerDuty({ secretName: 'pagerduty' }), AlertTarget.email('oncall@example.com')],
  });

/** Drilled pairs over three stacks in three Regions. */
export function threeRegions(shape: Shape = {}): Built {
  const app = new App(shape.app);
  const regions = new FailoverRegions(app, 'Shop', {
    account: shape.account ?? ACCOUNT,
    primary: 'eu-west-1',
    standby: 'eu-central-1',
    zone: ZONE,
  });
  const alerts = shape.alerts === false ? undefined : alertPath(app, 'Alerts', regions);
  const pairs: FailoverPair[] = [];
  const drills: FailoverDrill[] = [];
  for (let n = 0; n < (shape.pairs ?? 1); n++) {
    const pair = new FailoverPair(regions.routing, `App${n}`, {
      regions,
      recordName: `app${n}`,
      primary: Site.ip(`1.2.3.${n + 1}`),
      standby: Site.ip(`5.6.7.${n + 1}`),
      alerts,
    });
    pairs.push(pair);
    drills.push(new FailoverDrill(regions.standby, `Drill${n}`, { pair, schedule: TUESDAYS, ...shape.drill?.(regions, n) }));
  }
  return { app, regions, pairs, drills };
}

export const stackProps: FailoverStackProps = {
  env: { account: ACCOUNT, region: 'us-east-1' },
  ...ZONE,
  recordName: 'app',
  primary: Site.ip('1.2.3.4'),
  standby: Site.ip('5.6.7.8'),
  alerts: [AlertTarget.pagerDuty({ secretName: 'pagerduty' }), AlertTarget.email('oncall@example.com')],
  drillSchedule: TUESDAYS,
};

/** The one-liner. */
export function oneStack(
  props: Partial<FailoverStackProps> = {},
  appProps?: AppProps,
): { readonly app: App; readonly stack: FailoverStack } {
  const app = new App(appProps);
  return { app, stack: new FailoverStack(app, 'Web', { ...stackProps, ...props }) };
}

/** A CloudFormation resource as it stands in a template. */
export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: templates are untyped JSON
  readonly Properties: any;
  readonly [attribute: string]: unknown;
}

export interface Rendered {
  readonly name: string;
  readonly region: string;
  readonly resources: Readonly<Record<string, Resource>>;
  readonly text: string;
}

/** Every template of the app, once. */
export function rendered(app: App): readonly Rendered[] {
  return app.synth().stacks.map((stack) => ({
    name: stack.stackName,
    region: stack.environment.region,
    resources: stack.template.Resources as Readonly<Record<string, Resource>>,
    text: JSON.stringify(stack.template),
  }));
}

export const ofType = (template: Rendered, type: string): readonly [string, Resource][] =>
  Object.entries(template.resources).filter(([, resource]) => resource.Type === type);

export const inRegion = (templates: readonly Rendered[], region: string): Rendered => {
  const found = templates.find((template) => template.region === region);
  if (!found) throw new Error(`no stack in ${region}`);
  return found;
};

export const stacksOf = (app: App) => app.node.findAll().filter((node): node is Stack => 'templateFile' in node);
