import { createHash } from 'node:crypto';
import { type AwsCall, AwsFault, type AwsReply, type AwsService, type Claim } from './call';
import { xmlError } from './protocols';

/** S3's PutObject, path-style, which is what clients use with an address as endpoint. */
export class S3 implements AwsService {
  public readonly name = 's3';
  public readonly fail = xmlError('http://s3.amazonaws.com/doc/2006-03-01/');
  private readonly objects = new Map<string, string>();

  /** @param buckets as `region/bucket` */
  public constructor(private readonly buckets: readonly string[]) {}

  public answer(call: AwsCall, claim: Claim): AwsReply {
    const [, bucket = '', ...rest] = decodeURIComponent(call.path).split('/');
    const key = rest.join('/');
    claim('s3:PutObject', `arn:aws:s3:::${bucket}/${key}`);
    if (call.method !== 'PUT' || !key)
      throw new AwsFault('NotImplemented', `the lab does not play ${call.method} ${call.path}`, 501);
    if (!this.buckets.includes(`${call.region}/${bucket}`))
      throw new AwsFault('NoSuchBucket', 'The specified bucket does not exist', 404);
    this.objects.set(`${bucket}/${key}`, unchunked(call));
    return { status: 200, headers: { etag: `"${createHash('md5').update(call.body).digest('hex')}"` }, body: '' };
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
