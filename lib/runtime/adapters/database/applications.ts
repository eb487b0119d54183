import { AutoScalingClient, StartInstanceRefreshCommand } from '@aws-sdk/client-auto-scaling';
import { ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import type { RefreshAnswer, RefreshRequest, RefreshSettings } from '../../../contracts/database';
import type { Functions, Unknown } from '../../ports';
import type { Applications } from '../../ports/database';
import { clientSettings, isNamed, unknownBecause } from '../clients';
import { LambdaAliases } from './lambda-aliases';
import { ORDER } from './orders';

/**
 * Makes applications of the standby Region connect anew. `done` once a rollout was accepted: from there the service goes
 * on alone. ECS and Auto Scaling take no token, so a repetition after a lost answer rolls once more.
 */
export class AwsApplications implements Applications {
  private readonly ecs = new ECSClient(clientSettings(ORDER));
  private readonly autoScaling = new AutoScalingClient(clientSettings(ORDER));
  private readonly aliases = new LambdaAliases();

  public constructor(private readonly functions: Functions) {}

  public async refresh(what: RefreshSettings, token: string): Promise<'started' | 'done' | Unknown> {
    try {
      switch (what.kind) {
        case 'ecsService':
          await this.ecs.send(
            new UpdateServiceCommand({ cluster: what.cluster, service: what.service, forceNewDeployment: true }),
          );
          return 'done';
        case 'autoScalingGroup':
          return await this.refreshGroup(what.name);
        case 'lambdaAlias':
          return await this.aliases.refresh(what.name, what.alias, token);
        case 'function':
          return await this.ask(what.name, { action: 'refresh', token });
      }
    } catch (error) {
      return unknownBecause(error);
    }
  }

  private async refreshGroup(name: string): Promise<'started' | 'done' | Unknown> {
    try {
      await this.autoScaling.send(new StartInstanceRefreshCommand({ AutoScalingGroupName: name, Strategy: 'Rolling' }));
      return 'done';
    } catch (error) {
      // One that began before has replaced instances that knew the old writer only: ours follows it.
      return isNamed(error, 'InstanceRefreshInProgressFault') ? 'started' : unknownBecause(error);
    }
  }

  private async ask(name: string, request: RefreshRequest): Promise<'started' | 'done' | Unknown> {
    const said = await this.functions.invoke(name, request);
    if (said.kind === 'failed') return { kind: 'unknown', because: said.because };
    const { state } = (said.answer ?? {}) as Partial<RefreshAnswer>;
    if (state === 'started' || state === 'done') return state;
    return { kind: 'unknown', because: `${name} answered ${JSON.stringify(said.answer)}` };
  }
}
