import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { Machine } from '../ports';
import { clientSettings, isNamed, unknownBecause } from './clients';

export class SfnMachine implements Machine {
  private readonly client = new SFNClient(clientSettings());

  constructor(private readonly arn: string) {}

  public async start(name: string, input: unknown): ReturnType<Machine['start']> {
    const execution = `${this.arn.replace(':stateMachine:', ':execution:')}:${name}`;
    try {
      const answer = await this.client.send(
        new StartExecutionCommand({ stateMachineArn: this.arn, name, input: JSON.stringify(input) }),
      );
      return { kind: 'started', execution: answer.executionArn ?? execution };
    } catch (error) {
      return isNamed(error, 'ExecutionAlreadyExists') ? { kind: 'exists', execution } : unknownBecause(error);
    }
  }
}
