import { Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { acknowledge } from '../internal/acknowledge';
import { AlertSeverity } from './severity';

export interface FootProps {
  /** Id of the alert path. */
  readonly path: string;
  readonly topicPrefix: string;
  readonly emails: readonly string[];
}

/** Marks the daily heartbeat, so that mailboxes do not get it. */
export const KIND_ATTRIBUTE = 'kind';

/** What an alert path is in one stack: a key, a topic per severity, mailboxes. */
export class Foot extends Construct {
  public readonly key: kms.Key;
  public readonly topics: Readonly<Record<AlertSeverity, sns.Topic>>;

  public constructor(scope: Construct, id: string, props: FootProps) {
    super(scope, id);
    this.key = this.makeKey(props.path);
    this.topics = {
      [AlertSeverity.CRITICAL]: this.makeTopic('Critical', `${props.topicPrefix}-critical`),
      [AlertSeverity.WARNING]: this.makeTopic('Warning', `${props.topicPrefix}-warning`),
    };
    for (const topic of Object.values(this.topics)) {
      props.emails.forEach((address, at) => {
        this.subscribe(topic, Token.isUnresolved(address) ? `Mail${at}` : `Mail ${address}`, address);
      });
    }
  }

  /**
   * CloudWatch cannot use the key `aws/sns`. The services are admitted without source conditions, because EventBridge
   * knows none here; the topics' policies say from where.
   *
   * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
   */
  private makeKey(path: string): kms.Key {
    const key = new kms.Key(this, 'Key', {
      description: `Topics and logs of alert path ${path}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
      pendingWindow: Duration.days(7),
    });
    key.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'Publishers',
        principals: ['cloudwatch', 'events', 'events.rds'].map((service) => new iam.ServicePrincipal(`${service}.amazonaws.com`)),
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
      }),
    );
    return key;
  }

  private makeTopic(id: string, topicName: string): sns.Topic {
    const stack = Stack.of(this);
    const topic = new sns.Topic(this, id, { topicName, masterKey: this.key, enforceSSL: true });
    const publishers: readonly (readonly [string, string])[] = [
      ['cloudwatch', `arn:${stack.partition}:cloudwatch:${stack.region}:${stack.account}:alarm:*`],
      ['events', `arn:${stack.partition}:events:${stack.region}:${stack.account}:rule/*`],
      ['events.rds', `arn:${stack.partition}:rds:${stack.region}:${stack.account}:*`],
    ];
    for (const [service, source] of publishers) {
      topic.addToResourcePolicy(
        new iam.PolicyStatement({
          sid: `From${service.replace(/\W/g, '')}`,
          principals: [new iam.ServicePrincipal(`${service}.amazonaws.com`)],
          actions: ['sns:Publish'],
          resources: [topic.topicArn],
          conditions: { ArnLike: { 'aws:SourceArn': source } },
        }),
      );
    }
    return topic;
  }

  private subscribe(topic: sns.Topic, id: string, address: string): void {
    const mail = new sns.Subscription(topic, id, {
      topic,
      protocol: sns.SubscriptionProtocol.EMAIL,
      endpoint: address,
      filterPolicy: {
        [KIND_ATTRIBUTE]: new sns.SubscriptionFilter([{ 'anything-but': ['heartbeat'] }, { exists: false }]),
      },
    });
    acknowledge(mail, {
      'Serverless-SNSRedrivePolicy': 'SNS itself tries a mailbox for 6 hours; a letter kept for later alerts nobody.',
    });
  }
}
