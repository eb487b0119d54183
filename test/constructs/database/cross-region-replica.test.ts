process.env.CDK_VALIDATION = 'true';

import { App, Aws, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as rds from 'aws-cdk-lib/aws-rds';
import { CrossRegionReplica, type CrossRegionReplicaProps } from '../../../lib';
import { idleAcknowledgements, nagFindings } from '../../support/nag';
import { messageOf } from '../said';

const STRICT = { '@aws-cdk/core:validateAgainstDefaultRules': true, '@aws-cdk/core:strictCfnValidateErrors': true };
const postgres = rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_17 });

function replica(props: Partial<CrossRegionReplicaProps> = {}, region = 'eu-central-1') {
  const app = new App({ context: STRICT });
  const stack = new Stack(app, 'Standby', { env: { account: '111111111111', region } });
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: ['a', 'b'],
    isolatedSubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
    isolatedSubnetRouteTableIds: ['rtb-0123456789abcdef0', 'rtb-0123456789abcdef1'],
  });
  const made = new CrossRegionReplica(stack, 'Replica', {
    sourceId: 'shop-a',
    sourceRegion: 'eu-west-1',
    engine: postgres,
    instanceType: ec2.InstanceType.of(ec2.InstanceClass.M7G, ec2.InstanceSize.LARGE),
    vpc,
    ...props,
  });
  return { app, stack, made };
}

const instanceOf = (stack: Stack) => {
  const [found] = Object.values(Template.fromStack(stack).findResources('AWS::RDS::DBInstance'));
  return found as { readonly Properties: Record<string, unknown>; readonly DeletionPolicy: string };
};

test('a replica is ready to be promoted: own key, groups and backups, Multi-AZ, and nobody deletes it by accident', () => {
  const { stack, made } = replica();
  const template = Template.fromStack(stack);
  const { Properties: p, DeletionPolicy } = instanceOf(stack);
  expect(p).toEqual({
    DBInstanceIdentifier: 'shop-a-eu-central-1',
    DBInstanceClass: 'db.m7g.large',
    SourceDBInstanceIdentifier: {
      'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':rds:eu-west-1:111111111111:db:shop-a']],
    },
    SourceRegion: 'eu-west-1',
    DBSubnetGroupName: { Ref: expect.stringMatching(/Subnets/) },
    DBParameterGroupName: { Ref: expect.stringMatching(/Parameters/) },
    VPCSecurityGroups: [{ 'Fn::GetAtt': [expect.stringMatching(/SecurityGroup/), 'GroupId'] }],
    KmsKeyId: { 'Fn::GetAtt': [expect.stringMatching(/Key/), 'Arn'] },
    MultiAZ: true,
    BackupRetentionPeriod: 7,
    CopyTagsToSnapshot: true,
    DeletionProtection: true,
    PubliclyAccessible: false,
    EnablePerformanceInsights: false,
    AutoMinorVersionUpgrade: false,
    Tags: [{ Key: 'Name', Value: 'shop-a-eu-central-1' }],
  });
  expect(DeletionPolicy).toBe('Retain');
  expect(made.instanceIdentifier).toBe('shop-a-eu-central-1');
  template.hasResourceProperties('AWS::RDS::DBParameterGroup', { Family: 'postgres17' });
  template.hasResourceProperties('AWS::KMS::Key', { EnableKeyRotation: true });
});

test('what is given is used', () => {
  const { stack, made } = replica({
    replicaId: 'shop-b',
    backupRetention: Duration.days(35),
    preferredBackupWindow: '03:00-03:30',
    engine: rds.DatabaseInstanceEngine.mysql({ version: rds.MysqlEngineVersion.VER_8_0 }),
  });
  made.connections.allowDefaultPortFrom(ec2.Peer.ipv4('10.0.0.0/8'));
  expect(instanceOf(stack).Properties).toMatchObject({
    DBInstanceIdentifier: 'shop-b',
    BackupRetentionPeriod: 35,
    PreferredBackupWindow: '03:00-03:30',
  });
  Template.fromStack(stack).hasResourceProperties('AWS::EC2::SecurityGroup', {
    SecurityGroupIngress: [{ CidrIp: '10.0.0.0/8', FromPort: 3306, ToPort: 3306 }],
  });
});

test('a key of the user’s is used, and none is made', () => {
  const { stack } = replica();
  const given = replica({
    encryptionKey: kms.Key.fromKeyArn(
      stack,
      'Given',
      'arn:aws:kms:eu-central-1:111111111111:key/01234567-89ab-cdef-0123-456789abcdef',
    ),
  });
  expect(instanceOf(given.stack).Properties['KmsKeyId']).toBe(
    'arn:aws:kms:eu-central-1:111111111111:key/01234567-89ab-cdef-0123-456789abcdef',
  );
  Template.fromStack(given.stack).resourceCountIs('AWS::KMS::Key', 0);
});

test('the CloudFormation validator and cdk-nag find nothing that has no reason', () => {
  const { app, stack } = replica();
  expect(() => app.synth()).not.toThrow();
  expect(nagFindings(stack)).toEqual([]);
  expect(idleAcknowledgements(stack)).toEqual([]);
});

test('fails on everything that is wrong at once', () => {
  const props = {
    sourceId: Aws.STACK_NAME,
    sourceRegion: 'eu-central-1',
    replicaId: 'Shop_B',
    engine: rds.DatabaseInstanceEngine.oracleEe({ version: rds.OracleEngineVersion.VER_19 }),
    backupRetention: Duration.days(0),
    preferredBackupWindow: 'at night',
  };
  const at = ' (at Standby/Replica)';
  expect(messageOf(() => replica(props))).toBe(
    [
      `[ReplicaSource] sourceId is a value that is only known at deploy time; RDS takes 1 to 63 lower-case letters, digits and single -, beginning with a letter; give the identifier as plain text, not the ARN${at}`,
      `[ReplicaSource] replicaId is "Shop_B"; RDS takes 1 to 63 lower-case letters, digits and single -, beginning with a letter; give the identifier as plain text, not the ARN${at}`,
      `[ReplicaRegion] sourceRegion is "eu-central-1", the Region of the stack; a replica there fails with its source; use a stack of the standby Region${at}`,
      `[ReplicaEngine] engine is "oracle-ee"; postgres, mysql, mariadb with the source's version can be replicated; give one such as DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_17 })${at}`,
      `[BackupRetention] backupRetention is 0 days; whole days from 1 to 35; without backups a promoted replica cannot be restored to a point in time${at}`,
      `[BackupWindow] preferredBackupWindow is "at night"; two times in UTC at least 30 minutes apart; write it as 03:00-03:30${at}`,
    ].join('\n'),
  );
});

test('fails on an engine without a version, whose parameter group would have no family', () => {
  expect(messageOf(() => replica({ engine: rds.DatabaseInstanceEngine.POSTGRES }))).toBe(
    '[ReplicaEngine] engine is "postgres" without a version; postgres, mysql, mariadb with the source\'s version can be replicated; give one such as DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_17 }) (at Standby/Replica)',
  );
});
