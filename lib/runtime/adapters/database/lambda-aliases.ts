import {
  type FunctionConfiguration,
  GetAliasCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import type { Unknown } from '../../ports';
import { clientSettings } from '../clients';
import { LOOK, ORDER } from './orders';

/** What must be the same in the unpublished function, or a refresh would deploy somebody's unfinished work. */
const SAME = ['CodeSha256', 'Handler', 'Runtime', 'Role', 'Timeout', 'MemorySize', 'Layers', 'Environment', 'VpcConfig'] as const;

const DESCRIPTION = (token: string) => `refreshed by ${token}`;

/**
 * Gives an alias a new version of the same code, and with it new execution environments. Each call goes one step further;
 * the description carries the token, so that a repetition finds its own work.
 */
export class LambdaAliases {
  private readonly looks = new LambdaClient(clientSettings(LOOK));
  private readonly orders = new LambdaClient(clientSettings(ORDER));

  public async refresh(name: string, alias: string, token: string): Promise<'started' | 'done' | Unknown> {
    const serving = await this.looks.send(new GetAliasCommand({ FunctionName: name, Name: alias }));
    const [served, latest] = await Promise.all([this.configuration(name, serving.FunctionVersion), this.configuration(name)]);
    if (served.Description === DESCRIPTION(token)) return 'done';
    const differs = SAME.filter((key) => JSON.stringify(served[key]) !== JSON.stringify(latest[key]));
    if (differs.length > 0) {
      const because = `the unpublished ${name} differs from ${alias} in ${differs.join(', ')}; publish it or take it back`;
      return { kind: 'unknown', because };
    }
    if (latest.Description !== DESCRIPTION(token)) {
      await this.orders.send(
        new UpdateFunctionConfigurationCommand({
          FunctionName: name,
          Description: DESCRIPTION(token),
          RevisionId: latest.RevisionId,
        }),
      );
      return 'started';
    }
    if (latest.LastUpdateStatus !== 'Successful') return 'started';
    const published = await this.orders.send(
      new PublishVersionCommand({ FunctionName: name, CodeSha256: latest.CodeSha256, Description: DESCRIPTION(token) }),
    );
    await this.orders.send(
      new UpdateAliasCommand({
        FunctionName: name,
        Name: alias,
        FunctionVersion: published.Version,
        RevisionId: serving.RevisionId,
      }),
    );
    return 'done';
  }

  private configuration(name: string, version?: string): Promise<FunctionConfiguration> {
    return this.looks.send(new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier: version }));
  }
}
