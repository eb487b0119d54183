import { randomUUID } from 'node:crypto';
import type { Time } from '../../../runtime/ports';
import { type AwsCall, AwsFault, type AwsReply, type AwsService, type Claim } from '../call';
import { tag, xml, xmlError } from '../protocols';
import { accessKeyOf } from '../server';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** STS's AssumeRole. Calls with the credentials it gives are recorded under the name of the role. */
export class Sts implements AwsService {
  public readonly name = 'sts';
  public readonly fail = xmlError(NAMESPACE);

  public constructor(
    private readonly time: Time,
    private readonly roles: readonly string[],
  ) {}

  public answer(call: AwsCall, claim: Claim): AwsReply {
    const form = new URLSearchParams(call.body.toString());
    const [operation, role] = [form.get('Action'), form.get('RoleArn') ?? ''];
    claim(`sts:${operation}`, role);
    if (operation !== 'AssumeRole') throw new AwsFault('InvalidAction', `the lab does not play sts:${operation}`);
    if (!this.roles.includes(role))
      throw new AwsFault('AccessDenied', `not authorized to perform: sts:AssumeRole on ${role}`, 403);
    const until = new Date(this.time.nowMs() + Number(form.get('DurationSeconds')) * 1000).toISOString();
    const credentials =
      `<Credentials>${tag('AccessKeyId', accessKeyOf(role.split('/').at(-1) ?? role))}${tag('SecretAccessKey', 'lab-only')}` +
      `${tag('SessionToken', 'lab')}${tag('Expiration', until)}</Credentials>`;
    return xml(
      `<AssumeRoleResponse xmlns="${NAMESPACE}"><AssumeRoleResult>${credentials}</AssumeRoleResult>` +
        `<ResponseMetadata>${tag('RequestId', randomUUID())}</ResponseMetadata></AssumeRoleResponse>`,
    );
  }
}
