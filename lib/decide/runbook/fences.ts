import type { FenceSettings } from '../database/settings';
import { aws, indented, shell } from './shell';
import type { Bound } from './types';

type Acl = Extract<FenceSettings, { kind: 'networkAcl' }>;

const associationOf = (region: string) =>
  aws(
    'ec2',
    'describe-network-acls',
    region,
    ['filters', shell('"Name=association.subnet-id,Values=$subnet"')],
    ['query', shell('"NetworkAcls[].Associations[?SubnetId==\'$subnet\'].NetworkAclAssociationId[]"')],
    ['output', 'text'],
  );

/** The id of an association changes with each swap, so it is read each time. */
function swap({ region, roleArn, subnets }: Acl, acl: string): readonly string[] {
  const body = [
    `association=$(${associationOf(region)})`,
    aws('ec2', 'replace-network-acl-association', region, ['association-id', shell('"$association"')], ['network-acl-id', acl]),
  ];
  return [
    ...(roleArn === undefined ? [] : [`# with credentials of ${roleArn}`]),
    `for subnet in ${subnets.join(' ')}; do\n${indented(body.join('\n'))}\ndone`,
    aws('ec2', 'describe-network-acls', region, ['network-acl-ids', acl], ['query', 'NetworkAcls[].Associations[].SubnetId']),
  ];
}

const call = ({ database }: Bound, name: string, action: 'raise' | 'lower') =>
  `${aws(
    'lambda',
    'invoke',
    database.standbyRegion,
    ['function-name', name],
    ['cli-binary-format', 'raw-in-base64-out'],
    ['payload', shell(`"{\\"action\\":\\"${action}\\",\\"epoch\\":$EPOCH}"`)],
  )} fence.json; cat fence.json`;

/** What stops writes first; then the network ACL, which cuts replication too. */
export function raiseFences(bound: Bound): readonly string[] {
  const { fences } = bound.database;
  const functions = fences.flatMap((f) => (f.kind === 'function' ? [call(bound, f.name, 'raise')] : []));
  const acls = fences.flatMap((f) => (f.kind === 'networkAcl' ? swap(f, f.denyAcl) : []));
  const wait = functions.length > 0 && acls.length > 0 ? ['sleep 10   # what was sent before the stop still arrives'] : [];
  const all = [...functions, ...wait, ...acls];
  return all.length > 0 ? all : ['# no fence is registered that works before the promotion: latch and writer name must do'];
}

export const lowerFences = (bound: Bound): readonly string[] => {
  const all = bound.database.fences.flatMap((f) =>
    f.kind === 'networkAcl' ? swap(f, f.openAcl) : f.kind === 'function' ? [call(bound, f.name, 'lower')] : [],
  );
  return all.length > 0 ? all : ['# no fence was raised'];
};
