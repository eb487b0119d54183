import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { JOURNAL_EXPIRES, JOURNAL_KEY } from '../../decide/names';
import { acknowledge } from '../internal/acknowledge';

/** The journal. Its name is frozen and it outlives its stack: what runs, what must be undone and when is in it. */
export function journalTable(scope: Construct, tableName: string): dynamodb.Table {
  const table = new dynamodb.Table(scope, 'Journal', {
    tableName,
    partitionKey: { name: JOURNAL_KEY, type: dynamodb.AttributeType.STRING },
    timeToLiveAttribute: JOURNAL_EXPIRES,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
    // Encrypted with a key of DynamoDB itself: an undo must be readable even when a key of ours was disabled by mistake.
    billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
  });
  acknowledge(table, {
    'NIST.800.53.R5-DynamoDBInBackupPlan':
      'Point-in-time recovery is on; an older journal than that would be about drills that are over.',
  });
  return table;
}

/** Encrypts logs and reports. Losing it loses words, never the way back. */
export function controlKey(scope: Construct, description = 'Logs and drill reports of cdk-failover'): kms.Key {
  const stack = Stack.of(scope);
  const key = new kms.Key(scope, 'Key', {
    description,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  key.addToResourcePolicy(
    new iam.PolicyStatement({
      sid: 'Logs',
      principals: [new iam.ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
      resources: ['*'],
      conditions: {
        ArnLike: { 'kms:EncryptionContext:aws:logs:arn': stack.formatArn({ service: 'logs', resource: '*' }) },
      },
    }),
  );
  return key;
}

/** Reports as evidence: kept for three years, earlier versions for a month. */
export function reportBucket(scope: Construct, key: kms.IKey): s3.Bucket {
  const bucket = new s3.Bucket(scope, 'Reports', {
    encryption: s3.BucketEncryption.KMS,
    encryptionKey: key,
    bucketKeyEnabled: true,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    versioned: true,
    removalPolicy: RemovalPolicy.RETAIN,
    lifecycleRules: [
      {
        expiration: Duration.days(1096),
        noncurrentVersionExpiration: Duration.days(30),
        abortIncompleteMultipartUploadAfter: Duration.days(7),
      },
    ],
  });
  const oneWriter =
    'One role writes here, and its writes are in the journal; data events of CloudTrail are the account owner’s choice.';
  acknowledge(bucket, {
    'AwsSolutions-S1': oneWriter,
    'NIST.800.53.R5-S3BucketLoggingEnabled': oneWriter,
    'NIST.800.53.R5-S3BucketReplicationEnabled':
      'A report is evidence of a drill, not an input of a failover; nothing waits for it.',
  });
  return bucket;
}

/** Where asynchronous calls end that never succeeded. Its alarm is the message; the letters say which call. */
export function deadLetterQueue(scope: Construct): sqs.Queue {
  const queue = new sqs.Queue(scope, 'DeadLetters', {
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  acknowledge(queue, { 'Serverless-SQSRedrivePolicy': 'This is the dead-letter queue itself.' });
  return queue;
}
