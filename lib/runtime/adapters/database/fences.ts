import { DescribeDBInstancesCommand, RDSClient, StopDBInstanceCommand } from '@aws-sdk/client-rds';
import type { FenceAnswer, FenceRequest, FenceSettings } from '../../../contracts/database';
import type { Functions } from '../../ports';
import type { Fences } from '../../ports/database';
import { clientSettings, unknownBecause } from '../clients';
import { Regional } from '../regional';
import { NetworkAcls } from './network-acl';
import { LOOK, ORDER } from './orders';

type Raised = Awaited<ReturnType<Fences['raise']>>;
type Lowered = Awaited<ReturnType<Fences['lower']>>;

/** Fences that need an answer from the old writer's Region. Each is looked at after the order: only what is seen counts. */
export class AwsFences implements Fences {
  private readonly acls = new NetworkAcls();
  private readonly looks = new Regional((region) => new RDSClient(clientSettings({ ...LOOK, region })));
  private readonly orders = new Regional((region) => new RDSClient(clientSettings({ ...ORDER, region })));

  public constructor(private readonly functions: Functions) {}

  public async raise(fence: FenceSettings, epoch: number): Promise<Raised> {
    try {
      switch (fence.kind) {
        case 'networkAcl':
          return raised('F3', await this.acls.put(fence, fence.denyAcl));
        case 'stopInstance':
          return raised('F6', await this.stop(fence));
        case 'function':
          return raised('F4', await this.ask(fence.name, { action: 'raise', epoch }, true));
      }
    } catch (error) {
      return { kind: 'down', because: unknownBecause(error).because };
    }
  }

  public async lower(fence: FenceSettings, epoch: number): Promise<Lowered> {
    try {
      switch (fence.kind) {
        case 'networkAcl':
          return lowered(await this.acls.put(fence, fence.openAcl));
        case 'stopInstance':
          // Raised only after the promotion, where nothing is undone: a person starts the instance again.
          return { kind: 'failed', because: `${fence.id} is started by a person only` };
        case 'function':
          return lowered(await this.ask(fence.name, { action: 'lower', epoch }, false));
      }
    } catch (error) {
      return { kind: 'failed', because: unknownBecause(error).because };
    }
  }

  /** Stopping takes minutes; it is up once the instance says `stopped`. */
  private async stop({ region, id }: Extract<FenceSettings, { kind: 'stopInstance' }>): Promise<readonly string[]> {
    const status = await this.status(region, id);
    if (status === 'stopped') return [];
    if (status !== 'stopping') await this.orders.in(region).send(new StopDBInstanceCommand({ DBInstanceIdentifier: id }));
    return [`${id} is stopping`];
  }

  private async status(region: string, id: string): Promise<string | undefined> {
    const answer = await this.looks.in(region).send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: id }));
    return answer.DBInstances?.[0]?.DBInstanceStatus;
  }

  private async ask(name: string, request: FenceRequest, held: boolean): Promise<readonly string[]> {
    const said = await this.functions.invoke(name, request);
    if (said.kind === 'failed') return [said.because];
    const answer = (said.answer ?? {}) as Partial<FenceAnswer>;
    return answer.held === held ? [] : [`${name}: ${answer.because ?? `answered ${JSON.stringify(said.answer)}`}`];
  }
}

const raised = (level: string, failed: readonly string[]): Raised =>
  failed.length === 0 ? { kind: 'up', level } : { kind: 'down', because: failed.join('; ') };

const lowered = (failed: readonly string[]): Lowered =>
  failed.length === 0 ? { kind: 'lowered' } : { kind: 'failed', because: failed.join('; ') };
