import { type AwsCall, AwsFault, type AwsReply, type AwsService, arnOf, type Claim } from './call';
import { json, jsonError } from './protocols';

/** Values by `region:name`. Shared with the world, so that a scenario can rotate or remove one. */
export type Values = Map<string, string>;

/** SSM parameters: GetParameter and PutParameter with their versions, and GetParametersByPath in pages of ten as AWS does, or of fewer. */
export class Parameters implements AwsService {
  public readonly name = 'ssm';
  public readonly fail = jsonError;
  /** Values before the one that stands, oldest first. */
  private readonly earlier = new Map<string, readonly string[]>();

  public constructor(
    private readonly values: Values,
    private readonly perPage = 10,
  ) {}

  public answer(call: AwsCall, claim: Claim): AwsReply {
    const operation = call.headers['x-amz-target']?.split('.')[1];
    const request = JSON.parse(call.body.toString()) as Record<string, string | boolean | undefined>;
    const about = String(request.Name ?? request.Path ?? '')
      .replace(/^\//, '')
      .replace(/:\d+$/, '');
    claim(`ssm:${operation}`, arnOf('ssm', call.region, `parameter/${about}`));
    if (operation === 'GetParameter') return this.one(call.region, String(request.Name));
    if (operation === 'PutParameter') return this.put(call.region, request);
    if (operation === 'GetParametersByPath') return this.page(call.region, request);
    throw new AwsFault('UnknownOperationException', `the lab does not play ssm:${operation}`);
  }

  private one(region: string, asked: string): AwsReply {
    const [name = '', version] = asked.split(':');
    const stands = this.values.get(`${region}:${name}`);
    const all = [...(this.earlier.get(`${region}:${name}`) ?? []), ...(stands === undefined ? [] : [stands])];
    const number = version === undefined ? all.length : Number(version);
    const value = all[number - 1];
    if (all.length > 0 && value === undefined)
      throw new AwsFault('ParameterVersionNotFound', `${name} has no version ${version}.`);
    if (value === undefined) throw new AwsFault('ParameterNotFound', `Parameter ${name} not found.`);
    return json({ Parameter: { ...parameter(region, name, value), Version: number } });
  }

  private put(region: string, request: Record<string, string | boolean | undefined>): AwsReply {
    const key = `${region}:${request.Name}`;
    const stands = this.values.get(key);
    if (stands !== undefined && request.Overwrite !== true) {
      throw new AwsFault(
        'ParameterAlreadyExists',
        'The parameter already exists. To overwrite this value, set the overwrite option.',
      );
    }
    const earlier = [...(this.earlier.get(key) ?? []), ...(stands === undefined ? [] : [stands])];
    this.earlier.set(key, earlier);
    this.values.set(key, String(request.Value));
    return json({ Version: earlier.length + 1, Tier: 'Standard' });
  }

  private page(region: string, request: Record<string, string | boolean | undefined>): AwsReply {
    const path = `${String(request.Path).replace(/\/$/, '')}/`;
    const found = [...this.values]
      .filter(([key]) => key.startsWith(`${region}:`))
      .map(([key, value]) => [key.slice(region.length + 1), value] as const)
      .filter(([name]) => name.startsWith(path) && (request.Recursive === true || !name.slice(path.length).includes('/')))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const from = Number(request.NextToken ?? 0);
    const asked = Number(request.MaxResults ?? 10);
    if (asked > 10) throw new AwsFault('ValidationException', 'Value at maxResults must be less than or equal to 10');
    const size = Math.min(asked, this.perPage);
    return json({
      Parameters: found.slice(from, from + size).map(([name, value]) => parameter(region, name, value)),
      NextToken: from + size < found.length ? String(from + size) : undefined,
    });
  }
}

const parameter = (region: string, name: string, value: string) => ({
  Name: name,
  Type: 'String',
  Value: value,
  Version: 1,
  ARN: arnOf('ssm', region, `parameter${name}`),
});

/** Secrets Manager: GetSecretValue. Real ARNs end in six random characters; here always the same six. */
export class Secrets implements AwsService {
  public readonly name = 'secretsmanager';
  public readonly fail = jsonError;

  public constructor(private readonly values: Values) {}

  public answer(call: AwsCall, claim: Claim): AwsReply {
    const operation = call.headers['x-amz-target']?.split('.')[1];
    const { SecretId: name = '' } = JSON.parse(call.body.toString()) as { SecretId?: string };
    const arn = arnOf('secretsmanager', call.region, `secret:${name}-AbCdEf`);
    claim(`secretsmanager:${operation}`, arn);
    if (operation !== 'GetSecretValue')
      throw new AwsFault('UnknownOperationException', `the lab does not play secretsmanager:${operation}`);
    const value = this.values.get(`${call.region}:${name}`);
    if (value === undefined) throw new AwsFault('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    return json({ ARN: arn, Name: name, SecretString: value, VersionStages: ['AWSCURRENT'] });
  }
}
