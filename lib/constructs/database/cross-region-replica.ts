import { Duration, RemovalPolicy, Stack, Tags, Token } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as rds from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { acknowledge } from '../internal/acknowledge';
import { isKnown, Problems, shown } from '../internal/problems';

/** A replica of an instance of another Region. */
export interface CrossRegionReplicaProps {
  /** `DBInstanceIdentifier` of the instance that is replicated. It needs automated backups. Plain text. */
  readonly sourceId: string;
  /** Region of that instance. Plain text. */
  readonly sourceRegion: string;
  /** Engine with the source's version: it decides the family of the parameter group. PostgreSQL, MySQL or MariaDB. */
  readonly engine: rds.IInstanceEngine;
  /** Size of the replica: it must carry the whole load once it is promoted. */
  readonly instanceType: ec2.InstanceType;
  /** Network of the replica, in the stack's Region. */
  readonly vpc: ec2.IVpc;
  /**
   * Subnets of the replica, in at least two Availability Zones.
   *
   * @default - the isolated subnets of the VPC
   */
  readonly vpcSubnets?: ec2.SubnetSelection;
  /**
   * Security groups of the replica.
   *
   * @default - a new one, which admits nobody
   */
  readonly securityGroups?: ec2.ISecurityGroup[];
  /**
   * `DBInstanceIdentifier` of the replica. Frozen: another one is another replica.
   *
   * @default - the source's id, a dash and the Region of the stack
   */
  readonly replicaId?: string;
  /**
   * Key of the stack's Region. Storage of a replica in another Region is encrypted with a key of that Region.
   *
   * @default - a new key
   */
  readonly encryptionKey?: kms.IKey;
  /**
   * Parameters of the replica. A promoted replica keeps them, so they must suit a writer.
   *
   * @default - a new group with the defaults of the engine
   */
  readonly parameterGroup?: rds.IParameterGroup;
  /**
   * How long backups are kept, in whole days, 1 to 35. Without backups a promoted replica has none to begin with.
   *
   * @default Duration.days(7)
   */
  readonly backupRetention?: Duration;
  /**
   * Daily window of the backups, in UTC, such as `03:00-03:30`, at a quiet hour: a replica in `backing-up` cannot be promoted.
   *
   * @default - RDS chooses
   */
  readonly preferredBackupWindow?: string;
}

const ENGINES = ['postgres', 'mysql', 'mariadb'];

/**
 * A cross-Region read replica that is ready to be promoted: encrypted with a key of its own Region, in subnet and parameter groups of
 * its own, Multi-AZ, with backups and deletion protection.
 *
 * After it was promoted the template still says "replica", which CloudFormation does not notice and RDS ignores. Leave it so until
 * the primary is rebuilt; a promoted instance never becomes a replica again.
 *
 * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.XRgn.html
 */
export class CrossRegionReplica extends Construct implements ec2.IConnectable {
  /** `DBInstanceIdentifier` of the replica, as plain text. */
  public readonly instanceIdentifier: string;
  /** Name that clients connect to; only known at deploy time. */
  public readonly endpointAddress: string;
  /** Admits clients. */
  public readonly connections: ec2.Connections;

  /** @throws ReplicaSource, ReplicaRegion, ReplicaEngine, BackupRetention or BackupWindow; all that apply at once. */
  constructor(scope: Construct, id: string, props: CrossRegionReplicaProps) {
    super(scope, id);
    const { region, partition, account } = Stack.of(this);
    this.instanceIdentifier = props.replicaId ?? `${props.sourceId}-${region}`;
    this.check(props);

    const securityGroups = props.securityGroups ?? [
      new ec2.SecurityGroup(this, 'SecurityGroup', {
        vpc: props.vpc,
        description: `Read replica ${this.instanceIdentifier}`,
        allowAllOutbound: false,
      }),
    ];
    const port = props.engine.engineType === 'postgres' ? 5432 : 3306;
    this.connections = new ec2.Connections({ securityGroups, defaultPort: ec2.Port.tcp(port) });
    const subnets = new rds.SubnetGroup(this, 'Subnets', {
      description: `Read replica ${this.instanceIdentifier}`,
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets ?? { subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const parameters = (props.parameterGroup ?? this.parameters(props.engine)).bindToInstance({});
    const instance = new rds.CfnDBInstance(this, 'Instance', {
      dbInstanceIdentifier: this.instanceIdentifier,
      dbInstanceClass: `db.${props.instanceType}`,
      // By ARN, as another Region needs it.
      sourceDbInstanceIdentifier: `arn:${partition}:rds:${props.sourceRegion}:${account}:db:${props.sourceId}`,
      sourceRegion: props.sourceRegion,
      dbSubnetGroupName: subnets.subnetGroupName,
      dbParameterGroupName: parameters.parameterGroupName,
      vpcSecurityGroups: securityGroups.map((group) => group.securityGroupId),
      // Alone: CloudFormation refuses `StorageEncrypted` beside a source, and the key encrypts by itself.
      kmsKeyId: (props.encryptionKey ?? this.key()).keyArn,
      multiAz: true,
      backupRetentionPeriod: (props.backupRetention ?? Duration.days(7)).toDays(),
      preferredBackupWindow: props.preferredBackupWindow,
      copyTagsToSnapshot: true,
      deletionProtection: true,
      publiclyAccessible: false,
      enablePerformanceInsights: false,
      autoMinorVersionUpgrade: false,
    });
    instance.applyRemovalPolicy(RemovalPolicy.RETAIN);
    Tags.of(instance).add('Name', this.instanceIdentifier);
    this.endpointAddress = instance.attrEndpointAddress;
    acknowledgeInstance(instance);
  }

  private parameters(engine: rds.IInstanceEngine): rds.ParameterGroup {
    return new rds.ParameterGroup(this, 'Parameters', {
      engine,
      description: `Read replica ${this.instanceIdentifier}`,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  private key(): kms.Key {
    return new kms.Key(this, 'Key', {
      description: `Storage of read replica ${this.instanceIdentifier}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  private check({
    sourceId,
    sourceRegion,
    engine,
    replicaId,
    backupRetention,
    preferredBackupWindow,
  }: CrossRegionReplicaProps): void {
    const { region } = Stack.of(this);
    const problems = new Problems();
    for (const [prop, value] of Object.entries({ sourceId, ...(replicaId === undefined ? {} : { replicaId }) })) {
      problems.addIf(
        !isKnown(value) || !/^[a-z](-?[a-z0-9]){0,62}$/.test(value),
        'ReplicaSource',
        `${prop} is ${shown(value)}; RDS takes 1 to 63 lower-case letters, digits and single -, beginning with a letter; give the identifier as plain text, not the ARN`,
      );
    }
    problems.addIf(
      !isKnown(sourceRegion) || Token.isUnresolved(region),
      'ReplicaRegion',
      `sourceRegion is ${shown(sourceRegion)} and the stack is in ${shown(region)}; the replica's id and its source's ARN are built from both; give both as plain text`,
    );
    problems.addIf(
      isKnown(sourceRegion) && sourceRegion === region,
      'ReplicaRegion',
      `sourceRegion is ${shown(sourceRegion)}, the Region of the stack; a replica there fails with its source; use a stack of the standby Region`,
    );
    problems.addIf(
      !ENGINES.includes(engine.engineType) || engine.engineVersion === undefined,
      'ReplicaEngine',
      `engine is ${shown(engine.engineType)}${engine.engineVersion ? '' : ' without a version'}; ${ENGINES.join(', ')} with the source's version can be replicated; ` +
        'give one such as DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_17 })',
    );
    const days = backupRetention?.isUnresolved() ? Number.NaN : (backupRetention?.toDays({ integral: false }) ?? 7);
    problems.addIf(
      !Number.isInteger(days) || days < 1 || days > 35,
      'BackupRetention',
      `backupRetention is ${Number.isNaN(days) ? 'a value that is only known at deploy time' : `${days} days`}; whole days from 1 to 35; without backups a promoted replica cannot be restored to a point in time`,
    );
    problems.addIf(
      isKnown(preferredBackupWindow) && !/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/.test(preferredBackupWindow),
      'BackupWindow',
      `preferredBackupWindow is ${shown(preferredBackupWindow)}; two times in UTC at least 30 minutes apart; write it as 03:00-03:30`,
    );
    problems.throwAt(this);
  }
}

function acknowledgeInstance(instance: rds.CfnDBInstance): void {
  const encrypted = 'The key of this Region encrypts the storage; CloudFormation refuses StorageEncrypted beside a source.';
  acknowledge(instance, {
    'AwsSolutions-RDS2': encrypted,
    'NIST.800.53.R5-RDSStorageEncrypted': encrypted,
    'NIST.800.53.R5-RDSInBackupPlan': 'Automated backups are on; a backup plan is the account owner’s choice.',
    'NIST.800.53.R5-RDSEnhancedMonitoringEnabled':
      'Needs a role of the account’s own; what the failover reads is in the standard metrics.',
    'AwsSolutions-RDS11': 'A replica and its source share the port, which clients must not have to change in a failover.',
  });
}
