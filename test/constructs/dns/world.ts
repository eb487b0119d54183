import { App } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { FailoverPair, type FailoverPairProps, FailoverRegions, Site } from 'cdk-failover';
import type { PairRegistration } from '../../../lib/contracts/registration';

export interface World {
  readonly app: App;
  readonly regions: FailoverRegions;
  readonly pair: FailoverPair;
}

export const zone = { zoneName: 'example.com', hostedZoneId: 'Z0123456789ABCDEFGHIJ' };

/** Two Regions, two addresses; `props` over them. */
export function world(
  props: Partial<FailoverPairProps> = {},
  regionsProps: Partial<ConstructorParameters<typeof FailoverRegions>[2]> = {},
): World {
  const app = new App();
  const regions = new FailoverRegions(app, 'Shop', { primary: 'eu-west-1', standby: 'eu-central-1', zone, ...regionsProps });
  return { app, regions, pair: pairIn(regions, 'App', props) };
}

export const pairIn = (regions: FailoverRegions, id: string, props: Partial<FailoverPairProps> = {}) =>
  new FailoverPair(regions.routing, id, {
    regions,
    recordName: 'app',
    primary: Site.ip('1.2.3.4'),
    standby: Site.ip('5.6.7.8'),
    ...props,
  });

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is what it is
  readonly Properties: any;
}

export const resourcesOf = (template: Template): Readonly<Record<string, Resource>> => template.toJSON().Resources;

/** Properties of all resources of a type, by logical id. */
export const propertiesOf = (template: Template, type: string) =>
  Object.fromEntries(Object.entries(template.findResources(type)).map(([id, { Properties }]) => [id, Properties]));

export const checksOf = (template: Template) =>
  Object.fromEntries(
    Object.entries(propertiesOf(template, 'AWS::Route53::HealthCheck')).map(([id, p]) => [id, p.HealthCheckConfig]),
  );

/** Records of a name, in order of appearance. */
export const recordsOf = (template: Template, name: string) =>
  Object.values(propertiesOf(template, 'AWS::Route53::RecordSet')).filter((record) => record.Name === `${name}.`);

/** The registration that the standby stack writes; what is only known at deploy time reads `<deploy>`. */
export function registrationOf(standby: Template): PairRegistration {
  const [parameter] = Object.values(
    standby.findResources('AWS::SSM::Parameter', { Properties: { Name: '/cdk-failover/shop/app/registration' } }),
  );
  const value = parameter?.Properties.Value;
  return JSON.parse(
    typeof value === 'string'
      ? value
      : value['Fn::Join'][1].map((part: unknown) => (typeof part === 'string' ? part : '<deploy>')).join(''),
  );
}
