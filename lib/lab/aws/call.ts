/** The one account of the lab. */
export const LAB_ACCOUNT = '111111111111';

/** One HTTP request of an AWS SDK client. Service, Region and caller are read from its signature, as AWS does. */
export interface AwsCall {
  /** Signing name, such as `dynamodb` or `states`. */
  readonly service: string;
  readonly region: string;
  /** Whose credentials signed it: the name of a function of the lab, or of a test. */
  readonly handler: string;
  readonly method: string;
  /** Path without the query, not decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface AwsReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** No reply: the connection breaks. */
export const CUT: AwsReply = { status: 0, headers: {}, body: '' };

/** One call as IAM sees it. */
export interface RecordedCall {
  readonly handler: string;
  /** IAM action, such as `route53:UpdateHealthCheck`. */
  readonly action: string;
  readonly resource: string;
  readonly region: string;
  readonly atMs: number;
}

/** Tells the recorder which permission a call needs: an IAM action and the ARN it is about. */
export type Claim = (action: string, resource: string) => void;

/** A service behind the loopback endpoint. */
export interface AwsService {
  /** Signing name in the credential scope. */
  readonly name: string;
  answer(call: AwsCall, claim: Claim): Promise<AwsReply> | AwsReply;
  /** Serialises an error in the service's own protocol. */
  fail(error: AwsFault): AwsReply;
  /** Stops timers. */
  close?(): void;
}

/** An error with the code that AWS documents. */
export class AwsFault extends Error {
  public constructor(
    public readonly code: string,
    message: string,
    public readonly status = 400,
  ) {
    super(message);
    this.name = code;
  }
}

export const arnOf = (service: string, region: string, resource: string) =>
  `arn:aws:${service}:${service === 's3' || service === 'route53' ? '' : region}:${
    service === 's3' || service === 'route53' ? '' : LAB_ACCOUNT
  }:${resource}`;
