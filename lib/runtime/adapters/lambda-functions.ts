import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Functions } from '../ports';
import { clientSettings } from './clients';

/** Waits for the answer. Never calls a second time by itself: the caller knows what a repetition means. */
export class LambdaFunctions implements Functions {
  private readonly client: LambdaClient;

  /** `limitMs`: longest time to wait for an answer. */
  constructor(limitMs: number) {
    this.client = new LambdaClient(clientSettings({ requestTimeoutMs: limitMs, attempts: 1 }));
  }

  public async invoke(name: string, payload: unknown): ReturnType<Functions['invoke']> {
    try {
      const answer = await this.client.send(
        new InvokeCommand({
          FunctionName: name,
          InvocationType: 'RequestResponse',
          Payload: new TextEncoder().encode(JSON.stringify(payload)),
        }),
      );
      const text = answer.Payload ? new TextDecoder().decode(answer.Payload) : '';
      return answer.FunctionError
        ? { kind: 'failed', because: `${name}: ${messageOf(text)}` }
        : { kind: 'done', answer: text === '' ? undefined : JSON.parse(text) };
    } catch (error) {
      return { kind: 'failed', because: `${name}: ${(error as Error).name}: ${(error as Error).message}` };
    }
  }
}

function messageOf(text: string): string {
  try {
    return String((JSON.parse(text) as { errorMessage?: unknown }).errorMessage ?? text);
  } catch {
    return text;
  }
}
