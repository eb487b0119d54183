import type * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { RefreshSettings } from '../../../contracts/database';

/** What is refreshed, as the controller is told; `resource` is where it lives. */
export interface BoundRefresh {
  readonly settings: RefreshSettings;
  readonly region: string;
  readonly resource: ecs.IBaseService | autoscaling.IAutoScalingGroup | lambda.IAlias | lambda.IFunction;
}

/**
 * Applications of the standby Region that are started anew after a promotion, so that no pool keeps connections to the old
 * writer: TCP gives up on a dead address after many minutes only.
 */
export abstract class AppRefresh {
  /** Deploys the tasks of an ECS service anew. */
  public static ecsService(service: ecs.IBaseService): AppRefresh {
    return new Refresh(service, { kind: 'ecsService', cluster: service.cluster.clusterName, service: service.serviceName });
  }

  /** Replaces the instances of an Auto Scaling group, by its instance refresh. */
  public static autoScalingGroup(group: autoscaling.IAutoScalingGroup): AppRefresh {
    return new Refresh(group, { kind: 'autoScalingGroup', name: group.autoScalingGroupName });
  }

  /** Publishes a version of the alias's function and points the alias at it: its environments start anew. */
  public static lambdaAlias(alias: lambda.IAlias): AppRefresh {
    return new Refresh(alias, { kind: 'lambdaAlias', name: alias.version.lambda.functionName, alias: alias.aliasName });
  }

  /** A function of your own. Called with `{ action: 'refresh', token }`, the same token for one refresh; answers `{ state: 'started' | 'done' }`. */
  public static function(refresh: lambda.IFunction): AppRefresh {
    return new Refresh(refresh, { kind: 'function', name: refresh.functionArn });
  }

  /**
   * What the controller is told.
   *
   * @internal
   */
  public abstract _bind(): BoundRefresh;
}

class Refresh extends AppRefresh {
  constructor(
    private readonly resource: BoundRefresh['resource'],
    private readonly settings: RefreshSettings,
  ) {
    super();
  }

  public _bind(): BoundRefresh {
    return { settings: this.settings, region: this.resource.env.region, resource: this.resource };
  }
}
