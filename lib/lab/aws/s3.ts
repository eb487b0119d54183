import { createHash } from 'node:crypto';
import { type AwsCall, AwsFault, type AwsReply, type AwsService, type Claim } from './call';
import { xmlError } from './protocols';

/** S3's PutObject and GetObject, path-style, which is what clients use with an address as endpoint. */
export class S3 implements AwsService {
  public readonly name = 's3';
  public readonly fail = xmlError('http://s3.amazonaws.com/doc/2006-03-01/');
  private readonly objects = new Map<string, string>();

  /** @param buckets as `region/bucket` */
  public constructor(private readonly buckets: readonly string[]) {}

  public answer(call: AwsCall, claim: Claim): AwsReply {
    const [, bucket = '', ...rest] = decodeURIComponent(call.path).split('/');
    const key = rest.join('/');
    const action = call.method === 'GET' ? 's3:GetObject' : 's3:PutObject';
    claim(action, `arn:aws:s3:::${bucket}/${key}`);
    if (!['PUT', 'GET'].includes(call.method) || !key)
      throw new AwsFault('NotImplemented', `the lab does not play ${call.method} ${call.path}`, 501);
    if (!this.buckets.includes(`${call.region}/${bucket}`))
      throw new AwsFault('NoSuchBucket', 'The specified bucket does not exist', 404);
    if (call.method === 'GET') return this.object(`${bucket}/${key}`);
    this.objects.set(`${bucket}/${key}`, unchunked(call));
    return { status: 200, headers: { etag: `"${createHash('md5').update(call.body).digest('hex')}"` }, body: '' };
  }

  private object(name: string): AwsReply {
    const body = this.objects.get(name);
    if (body === undefined) throw new AwsFault('NoSuchKey', 'The specified key does not exist.', 404);
    return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body };
  }

  /** Body of an object by `bucket/key`. */
  public read(name: string): string | undefined {
    return this.objects.get(name);
  }

  public keys(): readonly string[] {
    return [...this.objects.keys()];
  }
}

/** Takes the body out of the `aws-chunked` frames in which clients send a trailing checksum. */
function unchunked(call: AwsCall): string {
  if (!/aws-chunked/.test(call.headers['content-encoding'] ?? '')) return call.body.toString();
  const parts: Buffer[] = [];
  let at = 0;
  while (at < call.body.length) {
    const end = call.body.indexOf('\r\n', at);
    const size = Number.parseInt(call.body.subarray(at, end).toString(), 16);
    if (!(size > 0)) break;
    parts.push(call.body.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(parts).toString();
}
