/** How a command ends other than well: an exit code, what is wrong, and what to do next. */

export const EXIT = {
  ok: 0,
  notOk: 1,
  usage: 2,
  cannotReach: 3,
  interrupted: 130,
} as const;

export class CommandFailure extends Error {
  public constructor(
    public readonly code: number,
    message: string,
    public readonly next?: string,
  ) {
    super(message);
  }
}

export const usage = (message: string, help: string) => new CommandFailure(EXIT.usage, message, `See "failover ${help} --help".`);

export const cannotReach = (what: string, because: string) =>
  new CommandFailure(EXIT.cannotReach, `${what}: ${because}`, nextFor(because));

const NEXT: readonly (readonly [RegExp, string])[] = [
  [
    /Credential|ExpiredToken|UnrecognizedClient|InvalidClientTokenId|InvalidSignature|Token.*expired/i,
    'Log in to the account of the pair (such as "aws sso login"), or set AWS_PROFILE, and try again.',
  ],
  [/Region is missing/i, 'Give the standby Region of the pair with --region, or set AWS_REGION.'],
  [
    /AccessDenied|not authorized/i,
    'Your credentials lack a permission: take others (AWS_PROFILE). DatabaseFailover.grantOperate and FailoverDrill.grantStart give what is needed; docs/cli.md lists it.',
  ],
  [
    /Throttl|TooManyRequests|RequestLimitExceeded|Rate exceeded/i,
    'AWS lets this account call only so often: wait some seconds, and try again.',
  ],
  [
    /ResourceNotFound|NoSuchBucket|Function not found/i,
    'It is made in the standby Region of a control set with a drill or a database: check --region and --control-set ("failover pairs" lists them), and that it is deployed.',
  ],
  [
    /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|TimeoutError|ENETUNREACH|EHOSTUNREACH|no answer within/i,
    'Check the network; while a Region is down, work from the standby Region (--region).',
  ],
];

/** What helps against a failure that AWS, DNS or the network put into words. */
export const nextFor = (because: string) =>
  NEXT.find(([pattern]) => pattern.test(because))?.[1] ?? 'Try again; --debug shows where it came from.';
