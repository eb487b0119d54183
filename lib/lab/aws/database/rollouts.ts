import { randomUUID } from 'node:crypto';
import { type AwsCall, AwsFault, type AwsReply, type AwsService, arnOf, type Claim } from '../call';
import { json, jsonError, tag, xml, xmlError } from '../protocols';

/** ECS's UpdateService. */
export class Ecs implements AwsService {
  public readonly name = 'ecs';
  public readonly fail = jsonError;
  private readonly forced = new Map<string, number>();

  /** @param services as `region/cluster/service` */
  public constructor(private readonly services: readonly string[]) {}

  /** How often a service was told to deploy anew. */
  public deployments(service: string): number {
    return this.forced.get(service) ?? 0;
  }

  public answer(call: AwsCall, claim: Claim): AwsReply {
    const operation = call.headers['x-amz-target']?.split('.')[1];
    const { cluster, service, forceNewDeployment } = JSON.parse(call.body.toString()) as Record<string, unknown>;
    const arn = arnOf('ecs', call.region, `service/${cluster}/${service}`);
    claim(`ecs:${operation}`, arn);
    if (operation !== 'UpdateService') throw new AwsFault('InvalidAction', `the lab does not play ecs:${operation}`);
    const key = `${call.region}/${cluster}/${service}`;
    if (!this.services.includes(key)) throw new AwsFault('ServiceNotFoundException', 'Service not found.');
    if (forceNewDeployment === true) this.forced.set(key, this.deployments(key) + 1);
    return json({ service: { serviceArn: arn, status: 'ACTIVE' } });
  }
}

const AUTO_SCALING = 'http://autoscaling.amazonaws.com/doc/2011-01-01/';

/** Auto Scaling's StartInstanceRefresh: one at a time for each group. */
export class AutoScaling implements AwsService {
  public readonly name = 'autoscaling';
  public readonly fail = xmlError(AUTO_SCALING);
  /** Groups with a refresh under way. */
  public readonly refreshing = new Set<string>();

  /** @param groups as `region/group` */
  public constructor(private readonly groups: readonly string[]) {}

  public answer(call: AwsCall, claim: Claim): AwsReply {
    const form = new URLSearchParams(call.body.toString());
    const [operation, group] = [form.get('Action'), form.get('AutoScalingGroupName') ?? ''];
    claim(`autoscaling:${operation}`, arnOf('autoscaling', call.region, `autoScalingGroup:*:autoScalingGroupName/${group}`));
    if (operation !== 'StartInstanceRefresh') throw new AwsFault('InvalidAction', `the lab does not play ${operation}`);
    const key = `${call.region}/${group}`;
    if (!this.groups.includes(key)) throw new AwsFault('ValidationError', `AutoScalingGroup name not found - ${group}`);
    if (this.refreshing.has(key)) throw new AwsFault('InstanceRefreshInProgress', 'An Instance Refresh is already in progress');
    this.refreshing.add(key);
    return xml(
      `<StartInstanceRefreshResponse xmlns="${AUTO_SCALING}"><StartInstanceRefreshResult>${tag('InstanceRefreshId', randomUUID())}` +
        `</StartInstanceRefreshResult><ResponseMetadata>${tag('RequestId', randomUUID())}</ResponseMetadata></StartInstanceRefreshResponse>`,
    );
  }
}
