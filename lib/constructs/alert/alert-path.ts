import { Aspects, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct, type IConstruct } from 'constructs';
import { pairMark } from '../../decide/alert/parse';

import { isKnown, Problems, refuse, warn } from '../internal/problems';
import type { FailoverRegions } from '../regions';
import type { AlertTarget } from './alert-target';
import { Foot } from './foot';
import { Heartbeat } from './heartbeat';
import { JournalReader } from './journal-reader';
import { Sender } from './sender';
import { AlertSeverity } from './severity';
import type { TargetKinds } from './target-kinds';

/** Where alerts go. */
export interface AlertPathProps {
  /** At least one, and at most one of them PagerDuty. A single one warns `OnePath`: nobody would notice that it is broken. */
  readonly targets: AlertTarget[];
  /**
   * Lets the sender read the drill journal of these regions, so that pages caused by a drill say so.
   *
   * @default - every page is real
   */
  readonly regions?: FailoverRegions;
}

/** Options of `AlertPath.addAlarm`. */
export interface AddAlarmOptions {
  /**
   * How urgent the alarm is.
   *
   * @default AlertSeverity.CRITICAL
   */
  readonly severity?: AlertSeverity;
  /**
   * Name of the failover pair that the alarm watches. Written into the alarm's description, where the sender finds it:
   * a page that a running drill of this pair explains is marked `[DRILL]` and sent with severity `info`.
   *
   * @default - the alarm is never put down to a drill
   */
  readonly pairName?: string;
}

const SECRET_NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
const ADDRESS = /^[^\s@]+@[^\s@]+$/;
/** A topic's name has at most 256 characters; a stack's name up to 128 of them. */
const ID_CHARS = 64;

interface Built {
  readonly foot: Foot;
  readonly sender?: Sender;
}

/**
 * Encrypted topics, a queue and a PagerDuty sender: one foot per stack, made in the stack of the alarm that uses it,
 * because an alarm notifies topics of its own Region only.
 *
 * One incident per alarm, resolved when the alarm is over. What PagerDuty does not take is tried for 6 hours and ends in
 * a dead-letter queue with an alarm; what it refuses goes there at once. A heartbeat proves the path every day. A new
 * path is in alarm until its first heartbeat, minutes after the deployment.
 *
 * The scope may be the app, a stage or a stack. The AWS account needs room for 2 reserved concurrent executions per foot.
 */
export class AlertPath extends Construct {
  private readonly kinds: TargetKinds = { pagerDuty: [], emails: [] };
  private readonly regions?: FailoverRegions;
  private readonly feet = new Map<Stack, Built>();
  private readonly added = new Set<cloudwatch.Alarm>();

  /**
   * @throws AlertPathName, NoTarget, TooManyPagerDutyTargets, SecretName, EmailAddress or SameEmailTwice; all that apply at once.
   */
  constructor(scope: Construct, id: string, props: AlertPathProps) {
    super(scope, id);
    this.regions = props.regions;
    for (const target of props.targets) target._into(this.kinds);
    this.check(props);
  }

  /**
   * Sends the alarm when it fires and when it is over, through the foot of the alarm's own stack.
   *
   * @throws AlarmAddedTwice when this path has the alarm already.
   */
  public addAlarm(alarm: cloudwatch.Alarm, options: AddAlarmOptions = {}): void {
    if (this.added.has(alarm)) {
      refuse(this, 'AlarmAddedTwice', `alarm is ${alarm.node.path}, which this path has already; add each alarm once`);
    }
    this.added.add(alarm);
    if (options.pairName) markPair(alarm, options.pairName);
    notify(alarm, this.topicIn(Stack.of(alarm), options.severity ?? AlertSeverity.CRITICAL));
  }

  /**
   * Topic of the foot in `stack`; makes the foot when it is not there. CloudWatch alarms, EventBridge rules and RDS event
   * subscriptions of the stack's account and Region may publish to it, and whoever you grant.
   */
  public topicIn(stack: Stack, severity: AlertSeverity): sns.ITopic {
    return this.footIn(stack).foot.topics[severity];
  }

  /**
   * Events that PagerDuty took from the foot in `stack`, as a count. Sum over 5 minutes.
   *
   * @throws NoSender when the path has no PagerDuty target, NoFoot when nothing in the stack uses the path.
   */
  public metricDelivered(stack: Stack, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.senderIn(stack).metric('delivered', options);
  }

  /**
   * Longest wait of an alert in `stack` that must be tried again, in seconds. Maximum over 5 minutes.
   *
   * @throws NoSender when the path has no PagerDuty target, NoFoot when nothing in the stack uses the path.
   */
  public metricDelay(stack: Stack, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.senderIn(stack).metric('delay', { statistic: cloudwatch.Stats.MAXIMUM, ...options });
  }

  /**
   * Alerts of `stack` that wait in the dead-letter queue, as a count. Maximum over 5 minutes.
   *
   * @throws NoSender when the path has no PagerDuty target, NoFoot when nothing in the stack uses the path.
   */
  public metricDeadLetters(stack: Stack, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.senderIn(stack).deadLetters.metricApproximateNumberOfMessagesVisible({
      statistic: cloudwatch.Stats.MAXIMUM,
      ...options,
    });
  }

  /**
   * Heartbeats that PagerDuty took from the foot in `stack`, as a count: one a day. Sum over 5 minutes.
   *
   * @throws NoSender when the path has no PagerDuty target, NoFoot when nothing in the stack uses the path.
   */
  public metricHeartbeat(stack: Stack, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.senderIn(stack).metric('heartbeat', options);
  }

  /**
   * True when the metrics of the foot in `stack` exist.
   *
   * @internal
   */
  public _counts(asked: Stack): boolean {
    return this.feet.get(outermost(asked))?.sender !== undefined;
  }

  private footIn(asked: Stack): Built {
    const stack = outermost(asked);
    const built = this.feet.get(stack) ?? this.build(stack);
    this.feet.set(stack, built);
    return built;
  }

  private build(stack: Stack): Built {
    const path = this.node.id;
    const own = this.node.scopes.includes(stack);
    const scope: Construct = own ? this : stack;
    const id = own ? 'Foot' : `${path}Foot`;
    if (!own && stack.node.tryFindChild(id)) {
      refuse(
        this,
        'AlertPathName',
        `id is ${path}, and another alert path with this id has a foot in stack ${stack.stackName}; use another id`,
      );
    }
    const topicPrefix = `cdk-failover-${stack.stackName}-${path.replace(/[^A-Za-z0-9_-]/g, '-')}`;
    const foot = new Foot(scope, id, { path, topicPrefix, emails: this.kinds.emails });
    const [pagerDuty] = this.kinds.pagerDuty;
    if (!pagerDuty) return { foot };

    const sender = new Sender(foot, 'Sender', { path, foot, pagerDuty });
    const heartbeat = new Heartbeat(foot, 'Heartbeat', { path, foot, sender });
    for (const alarm of sender.alarms) notify(alarm, foot.topics[AlertSeverity.CRITICAL]);
    // Without heartbeat PagerDuty is not reached anyway; the mailbox is, and a first deployment wakes nobody.
    notify(heartbeat.alarm, foot.topics[AlertSeverity.WARNING]);
    if (this.regions) Aspects.of(sender).add(new JournalReader(sender, this.regions));
    return { foot, sender };
  }

  private senderIn(asked: Stack): Sender {
    const stack = outermost(asked);
    if (this.kinds.pagerDuty.length === 0) {
      refuse(this, 'NoSender', 'targets has no PagerDuty target, so nothing is counted; add AlertTarget.pagerDuty(...)');
    }
    const sender = this.feet.get(stack)?.sender;
    return (
      sender ??
      refuse(this, 'NoFoot', `stack is ${stack.stackName}, which has no alarm on this path; call addAlarm or topicIn first`)
    );
  }

  private check({ targets }: AlertPathProps): void {
    const problems = new Problems();
    const { pagerDuty, emails } = this.kinds;
    const { id } = this.node;
    problems.addIf(
      isKnown(id) && id.length > ID_CHARS,
      'AlertPathName',
      `id has ${id.length} characters; at most ${ID_CHARS}, because it is part of topic names; use a shorter id`,
    );
    problems.addIf(
      targets.length === 0,
      'NoTarget',
      'targets is empty; at least 1; add AlertTarget.pagerDuty(...) or AlertTarget.email(...)',
    );
    problems.addIf(
      pagerDuty.length > 1,
      'TooManyPagerDutyTargets',
      `targets has ${pagerDuty.length} PagerDuty targets; at most 1 per path; make another AlertPath`,
    );
    for (const { secretName } of pagerDuty) {
      problems.addIf(
        isKnown(secretName) && !SECRET_NAME.test(secretName),
        'SecretName',
        `secretName is "${secretName}"; 1 to 512 letters, digits and /_+=.@-; give the name of the secret, not its ARN`,
      );
    }
    for (const address of emails) {
      problems.addIf(
        isKnown(address) && !ADDRESS.test(address),
        'EmailAddress',
        `address is "${address}"; a mailbox such as oncall@example.com; correct AlertTarget.email(...)`,
      );
    }
    for (const address of new Set(emails.filter((one, at) => emails.indexOf(one) !== at))) {
      problems.add('SameEmailTwice', `address is "${address}" in more than one target; once is enough; remove the others`);
    }
    problems.throwAt(this);
    if (targets.length === 1) {
      const [only, other] =
        pagerDuty.length > 0 ? ['PagerDuty', 'AlertTarget.email(...)'] : ['one mailbox', 'AlertTarget.pagerDuty(...)'];
      warn(this, 'OnePath', `targets has only ${only}; nobody would notice that it is broken; add ${other} as a second target`);
    }
  }
}

/** Nested stacks share the foot of the stack that holds them all. */
const outermost = (stack: Stack): Stack => (stack.nestedStackParent ? outermost(stack.nestedStackParent) : stack);

function notify(alarm: cloudwatch.Alarm, topic: sns.ITopic): void {
  const action = new SnsAction(topic);
  alarm.addAlarmAction(action);
  alarm.addOkAction(action);
}

function markPair(alarm: cloudwatch.Alarm, pairName: string): void {
  const resource = alarm.node.defaultChild as IConstruct | undefined;
  if (!cloudwatch.CfnAlarm.isCfnAlarm(resource)) return;
  resource.alarmDescription = [resource.alarmDescription, pairMark(pairName)].filter(Boolean).join(' ');
}
