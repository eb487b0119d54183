import { DescribeDBInstancesCommand, RDSClient, StopDBInstanceCommand } from '@aws-sdk/client-rds';
import type { FenceAnswer, FenceRequest, FenceSettings } from '../../../contracts/database';
import type { Functions } from '../../ports';
import type { Fences } from '../../ports/database';
import { clientSettings, unknownBecause } from '../clients';
import { Regional } from '../regional';
import { NetworkAcls } from './network-acl';
import { FENCE_LOOK, heard, NobodyAnswers, ORDER } from './orders';

type Raised = Awaited<ReturnType<Fences['raise']>>;
type Lowered = Awaited<ReturnType<Fences['lower']>>;

/** Fences that need an answer from the old writer's Region. Each is looked at after the order: only what is seen counts. */
export class AwsFences implements Fences {
  private readonly acls = new NetworkAcls();
  private readonly looks = new Regional((region) => new RDSClient(clientSettings({ ...FENCE_LOOK, region })));
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
          return await this.askToRaise(fence.name, epoch);
      }
    } catch (error) {
      return error instanceof NobodyAnswers
        ? { kind: 'down', because: error.message, unreachable: true }
        : { kind: 'down', because: unknownBecause(error).because };
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
          return lowered(await this.askToLower(fence.name, epoch));
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
    const answer = await heard(this.looks.in(region).send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: id })));
    return answer.DBInstances?.[0]?.DBInstanceStatus;
  }

  private async askToRaise(name: string, epoch: number): Promise<Raised> {
    const answer = await this.ask(name, { action: 'raise', epoch });
    if (answer.held === true) return { kind: 'up', level: 'F4' };
    return { kind: 'down', because: answer.because, ...(answer.unreachable === true ? { unreachable: true } : {}) };
  }

  private async askToLower(name: string, epoch: number): Promise<readonly string[]> {
    const answer = await this.ask(name, { action: 'lower', epoch });
    return answer.held === false ? [] : [answer.because];
  }

  /** A function that itself failed says nothing about the old writer. */
  private async ask(name: string, request: FenceRequest): Promise<Partial<FenceAnswer> & { readonly because: string }> {
    const said = await this.functions.invoke(name, request);
    if (said.kind === 'failed') return { because: said.because };
    const answer = (said.answer ?? {}) as Partial<FenceAnswer>;
    return { ...answer, because: `${name}: ${answer.because ?? `answered ${JSON.stringify(said.answer)}`}` };
  }
}

const raised = (level: string, failed: readonly string[]): Raised =>
  failed.length === 0 ? { kind: 'up', level } : { kind: 'down', because: failed.join('; ') };

const lowered = (failed: readonly string[]): Lowered =>
  failed.length === 0 ? { kind: 'lowered' } : { kind: 'failed', because: failed.join('; ') };
