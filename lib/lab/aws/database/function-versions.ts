import { type AwsCall, AwsFault, type AwsReply, arnOf, type Claim } from '../call';
import { json } from '../protocols';

interface Version {
  readonly Version: string;
  readonly CodeSha256: string;
  readonly Description?: string;
  readonly Environment?: { readonly Variables: Readonly<Record<string, string>> };
  readonly RevisionId: string;
  readonly LastUpdateStatus: 'Successful' | 'InProgress';
}

/** One Lambda function with its unpublished state, versions and one alias. */
export class LabFunction {
  public latest: Version;
  public readonly versions: Version[] = [];
  public aliasVersion: string;
  private changes = 0;

  public constructor(
    public readonly region: string,
    public readonly name: string,
    public readonly alias: string,
    codeSha256 = 'sha-1',
  ) {
    const first = { CodeSha256: codeSha256, RevisionId: 'r0', LastUpdateStatus: 'Successful' as const };
    this.latest = { ...first, Version: '$LATEST' };
    this.versions.push({ ...first, Version: '1' });
    this.aliasVersion = '1';
  }

  public change(change: Partial<Version>): void {
    this.changes += 1;
    this.latest = { ...this.latest, ...change, RevisionId: `r${this.changes}` };
  }

  public publish(description?: string): Version {
    const version = {
      ...this.latest,
      Version: String(this.versions.length + 1),
      ...(description ? { Description: description } : {}),
    };
    this.versions.push(version);
    return version;
  }
}

/** Lambda's calls on configuration, versions and aliases. */
export class FunctionVersions {
  public constructor(private readonly functions: readonly LabFunction[]) {}

  /** Nothing when the call is none of these. */
  public answer(call: AwsCall, claim: Claim): AwsReply | undefined {
    const path = /^\/2015-03-31\/functions\/([^/]+)\/(configuration|versions|aliases)(?:\/([^/]+))?$/.exec(call.path);
    const [, name = '', what = '', alias = ''] = path ?? [];
    const action = path ? ACTIONS[`${call.method} ${what}`] : undefined;
    if (!action) return undefined;
    claim(`lambda:${action}`, arnOf('lambda', call.region, `function:${name}`));
    const found = this.functions.find((one) => one.region === call.region && one.name === name);
    if (!found) throw new AwsFault('ResourceNotFoundException', `Function not found: ${name}`, 404);
    const body = call.body.length > 0 ? (JSON.parse(call.body.toString()) as Record<string, string>) : {};
    return json(this.carry(action, found, alias, call.query.get('Qualifier'), body));
  }

  private carry(
    action: string,
    found: LabFunction,
    alias: string,
    qualifier: string | null,
    body: Record<string, string>,
  ): unknown {
    const described = { Name: found.alias, FunctionVersion: found.aliasVersion, RevisionId: `a${found.aliasVersion}` };
    switch (action) {
      case 'GetFunctionConfiguration':
        return qualifier ? found.versions.find(({ Version }) => Version === qualifier) : found.latest;
      case 'UpdateFunctionConfiguration':
        if (body.RevisionId !== found.latest.RevisionId) throw stale();
        found.change({ Description: body.Description });
        return found.latest;
      case 'PublishVersion':
        return found.publish(body.Description);
      case 'UpdateAlias':
        if (body.RevisionId !== described.RevisionId) throw stale();
        found.aliasVersion = body.FunctionVersion ?? found.aliasVersion;
        return { ...described, FunctionVersion: found.aliasVersion };
      default:
        if (alias !== found.alias) throw new AwsFault('ResourceNotFoundException', `Cannot find alias: ${alias}`, 404);
        return described;
    }
  }
}

const stale = () => new AwsFault('PreconditionFailedException', 'The Revision Id provided does not match the latest one', 412);

const ACTIONS: Readonly<Record<string, string>> = {
  'GET configuration': 'GetFunctionConfiguration',
  'PUT configuration': 'UpdateFunctionConfiguration',
  'POST versions': 'PublishVersion',
  'GET aliases': 'GetAlias',
  'PUT aliases': 'UpdateAlias',
};
