import { isIPv4 } from 'node:net';
import { TimeZone } from 'aws-cdk-lib';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { AlertTarget, type FailoverStackProps, HealthProbe, Site } from '../lib';

/** Every key that `-c key=value` may set, with an example. */
const KEYS = {
  zone: 'example.com',
  record: 'app',
  primary: '1.2.3.4',
  standby: '5.6.7.8',
  name: 'web',
  hostedZoneId: 'Z0123456789ABCDEFGHIJ',
  pagerDutySecret: 'pagerduty',
  email: 'oncall@example.com',
  path: '/health',
  failures: '3',
  drillCron: '0 10 ? * TUE *',
  timeZone: 'Europe/Berlin',
} as const;

type Key = keyof typeof KEYS;

const REQUIRED: readonly Key[] = ['zone', 'primary', 'standby'];

export type Understood =
  | { readonly kind: 'props'; readonly name: string; readonly props: Omit<FailoverStackProps, 'env'> }
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

/** Keys that fail together, so that a mistake in one group does not hide those in another. */
const GROUPS: readonly (readonly Key[])[] = [
  ['zone', 'hostedZoneId', 'name'],
  ['record', 'primary', 'standby', 'path', 'failures'],
  ['pagerDutySecret', 'email'],
  ['drillCron', 'timeZone'],
];

/** The context once per group: the group as it was given, everything else known to be good. */
export const oneGroupAtATime = (context: Readonly<Record<string, unknown>>): readonly Readonly<Record<string, unknown>>[] =>
  GROUPS.map((keys) => ({
    ...Object.fromEntries(REQUIRED.map((key) => [key, KEYS[key]])),
    ...Object.fromEntries(keys.filter((key) => context[key] !== undefined).map((key) => [key, context[key]])),
  }));

/** Turns the context of `cdk deploy -c ...` into props, or says everything that is wrong with it. */
export function understand(context: Readonly<Record<string, unknown>>): Understood {
  const problems: string[] = [];
  const text = (key: Key): string | undefined => {
    const value = context[key];
    if (value === undefined || (typeof value === 'string' && value.trim() !== '')) return value?.trim();
    problems.push(`${key} is ${JSON.stringify(value)}; write it as -c ${key}='${KEYS[key]}'`);
    return undefined;
  };
  const given = Object.fromEntries(Object.keys(KEYS).map((key) => [key, text(key as Key)])) as Partial<Record<Key, string>>;

  for (const key of REQUIRED) {
    if (context[key] === undefined) problems.push(`${key} is missing; add -c ${key}=${KEYS[key]}`);
  }
  for (const key of unknownKeys(context)) problems.push(`${key} is not a known key; known are ${Object.keys(KEYS).join(', ')}`);
  if (given.failures !== undefined && !/^\d+$/.test(given.failures)) {
    problems.push(`failures is "${given.failures}"; a whole number from 1 to 10; write it as -c failures=${KEYS.failures}`);
  }
  if (given.timeZone !== undefined && given.drillCron === undefined) {
    problems.push(`timeZone is "${given.timeZone}", but there is no drillCron; add -c drillCron='${KEYS.drillCron}'`);
  }
  const { zone, primary, standby } = given;
  if (problems.length > 0 || zone === undefined || primary === undefined || standby === undefined)
    return { kind: 'problems', problems };
  return { kind: 'props', name: given.name ?? 'failover', props: propsOf(given, zone, primary, standby) };
}

function propsOf(given: Partial<Record<Key, string>>, zone: string, primary: string, standby: string) {
  const { record, hostedZoneId, pagerDutySecret, email, path, failures, drillCron, timeZone } = given;
  const alerts = [
    ...(pagerDutySecret ? [AlertTarget.pagerDuty({ secretName: pagerDutySecret })] : []),
    ...(email ? [AlertTarget.email(email)] : []),
  ];
  return {
    zoneName: zone,
    hostedZoneId,
    recordName: record,
    primary: siteOf(primary),
    standby: siteOf(standby),
    health: HealthProbe.https({ path, failures: failures === undefined ? undefined : Number(failures) }),
    alerts: alerts.length > 0 ? alerts : undefined,
    drillSchedule: drillCron
      ? scheduler.ScheduleExpression.expression(`cron(${drillCron})`, timeZone ? TimeZone.of(timeZone) : undefined)
      : undefined,
  };
}

/** An address when it looks like one; everything else is a name that somebody answers. */
const siteOf = (value: string): Site => (isIPv4(value) || /^[\d.]+$/.test(value) ? Site.ip(value) : Site.domainName(value));

/** Keys of the CDK itself contain `@`, `:` or `-`; a plain word that we do not know is a slip of the pen. */
const unknownKeys = (context: Readonly<Record<string, unknown>>) =>
  Object.keys(context).filter((key) => /^[A-Za-z]+$/.test(key) && !(key in KEYS));
