import { type AwsCall, AwsFault, type AwsReply, type AwsService, arnOf, type Claim } from './call';
import type { FunctionVersions } from './database/function-versions';
import { json, jsonError } from './protocols';

/** What an invocation came to. `failed` is what Lambda reports with `X-Amz-Function-Error`. */
export type InvokeResult =
  | { readonly kind: 'done'; readonly answer: unknown }
  | { readonly kind: 'failed'; readonly errorType: string; readonly message: string };

/** Runs functions; the lab does so in child processes. */
export interface FunctionHost {
  has(name: string, region: string): boolean;
  invoke(name: string, region: string, event: unknown): Promise<InvokeResult>;
  /** Asynchronous invocation: retried twice after a failure, as Lambda does. */
  invokeLater(name: string, region: string, event: unknown): void;
  /** Variables that a function was deployed with; a host without any answers GetFunctionConfiguration with none. */
  environmentOf?(name: string, region: string): Readonly<Record<string, string>>;
}

/** Lambda's Invoke, synchronous and asynchronous; versions and aliases where a board of them is given. */
export class Lambda implements AwsService {
  public readonly name = 'lambda';
  public readonly fail = jsonError;

  public constructor(
    private readonly host: FunctionHost,
    private readonly versions?: FunctionVersions,
  ) {}

  public async answer(call: AwsCall, claim: Claim): Promise<AwsReply> {
    const versioned = this.versions?.answer(call, claim);
    if (versioned) return versioned;
    const path = /^\/2015-03-31\/functions\/([^/]+)\/(invocations|configuration)$/.exec(call.path);
    const asked = path?.[2] === 'configuration' && call.method === 'GET';
    if (!path?.[1] || (!asked && (call.method !== 'POST' || path[2] !== 'invocations')))
      throw new AwsFault('UnknownOperationException', `the lab does not play ${call.method} ${call.path}`, 404);
    const name = functionName(decodeURIComponent(path[1]));
    const arn = arnOf('lambda', call.region, `function:${name}`);
    claim(asked ? 'lambda:GetFunctionConfiguration' : 'lambda:InvokeFunction', arn);
    if (!this.host.has(name, call.region)) throw new AwsFault('ResourceNotFoundException', `Function not found: ${arn}`, 404);
    if (asked) {
      const Variables = this.host.environmentOf?.(name, call.region) ?? {};
      return json({ FunctionName: name, FunctionArn: arn, Environment: { Variables } });
    }
    const event: unknown = call.body.length > 0 ? JSON.parse(call.body.toString()) : {};
    if (call.headers['x-amz-invocation-type'] === 'Event') {
      this.host.invokeLater(name, call.region, event);
      return { status: 202, headers: {}, body: '' };
    }
    const result = await this.host.invoke(name, call.region, event);
    if (result.kind === 'done') return json(result.answer ?? null);
    return {
      ...json({ errorType: result.errorType, errorMessage: result.message }),
      headers: { 'content-type': 'application/json', 'x-amz-function-error': 'Unhandled' },
    };
  }
}

/** Name out of a name, a partial ARN or an ARN; a qualifier is dropped. */
export const functionName = (given: string) =>
  (given.includes(':function:') ? given.split(':function:')[1] : given)?.split(':')[0] ?? given;

/** Region out of an ARN; undefined for a bare name. */
export const functionRegion = (given: string) => (given.startsWith('arn:') ? given.split(':')[3] : undefined);
