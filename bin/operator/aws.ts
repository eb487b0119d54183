/**
 * AWS as the command line uses it: the whole credential chain of the SDK, AWS_ENDPOINT_URL, one Region. Loaded only by
 * commands that need it, because a third of the command line is clients.
 */
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
import { ENV } from '../../lib/contracts/environment';
import type { PairRegistration } from '../../lib/contracts/registration';
import { controlNames } from '../../lib/decide/names';
import { clientSettings } from '../../lib/runtime/adapters/clients';
import { DynamoDbJournal } from '../../lib/runtime/adapters/dynamodb-journal';
import { LambdaFunctions } from '../../lib/runtime/adapters/lambda-functions';
import { SnsAnnouncer } from '../../lib/runtime/adapters/sns-announcer';
import { SsmRegistry } from '../../lib/runtime/adapters/ssm-registry';
import { SystemTime } from '../../lib/runtime/adapters/system';
import type { Unknown } from '../../lib/runtime/ports';
import { CommandFailure, cannotReach, EXIT } from './failure';

/** Every control set registers below this path. */
const REGISTRY = '/cdk-failover/';
/** The drill function answers in a few seconds, cold or not; its own limit is 30 s. */
const ORDER_LIMIT_MS = 35_000;
/** The chain asks files, processes and the instance's metadata, each with limits of its own. */
const CREDENTIALS_LIMIT_MS = 10_000;

export interface Aws {
  readonly region: string;
  /** Every pair of the Region. */
  readonly registry: Pick<SsmRegistry, 'pairs'>;
  readonly functions: LambdaFunctions;
  readonly announcer: SnsAnnouncer;
  readonly time: SystemTime;
  readonly namesOf: (controlSet: string) => ReturnType<typeof controlNames>;
  journalOf(controlSet: string): DynamoDbJournal;
  /** The pairs of one control set, by name. */
  registryOf(controlSet: string): SsmRegistry;
  report(
    controlSet: string,
    key: string,
  ): Promise<{ readonly kind: 'text'; readonly text: string } | { readonly kind: 'absent' } | Unknown>;
}

/** @returns unknown when there are no credentials or no Region, with the reason */
export async function openAws(region: string | undefined): Promise<Aws | Unknown> {
  // The SDK for JavaScript knows AWS_REGION only; the aws command line reads the other one first.
  const wanted = region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'];
  if (wanted) process.env['AWS_REGION'] = wanted;
  // Its advice is about updating a client, and this one is part of the bundle.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const probe = new SSMClient(clientSettings());
  try {
    await limited(probe.config.credentials(), CREDENTIALS_LIMIT_MS);
    return aws(await probe.config.region());
  } catch (error) {
    return { kind: 'unknown', because: `${(error as Error).name}: ${(error as Error).message}` };
  } finally {
    probe.destroy();
  }
}

function aws(region: string): Aws {
  const time = new SystemTime();
  const namesOf = (controlSet: string) => controlNames(controlSet, region);
  return {
    region,
    registry: new SsmRegistry(REGISTRY),
    functions: new LambdaFunctions(ORDER_LIMIT_MS),
    announcer: new SnsAnnouncer(),
    time,
    namesOf,
    registryOf: (controlSet) => new SsmRegistry(namesOf(controlSet).registryPath),
    journalOf: (controlSet) => new DynamoDbJournal(namesOf(controlSet).journalTable, time),
    report: (controlSet, key) => readReport(namesOf(controlSet).drillStepFunction, key),
  };
}

/** CloudFormation names the bucket, so the function that writes reports is asked for it. */
async function readReport(writer: string, key: string): ReturnType<Aws['report']> {
  try {
    const settings = await new LambdaClient(clientSettings()).send(new GetFunctionConfigurationCommand({ FunctionName: writer }));
    const bucket = settings.Environment?.Variables?.[ENV.reportBucket];
    if (!bucket) return { kind: 'unknown', because: `${writer} does not say which bucket it writes reports to` };
    const object = await new S3Client(clientSettings()).send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return { kind: 'text', text: (await object.Body?.transformToString()) ?? '' };
  } catch (error) {
    const { name, message } = error as Error;
    return name === 'NoSuchKey' ? { kind: 'absent' } : { kind: 'unknown', because: `${name}: ${message}` };
  }
}

/** A command that cannot do without AWS. */
export async function needAws(region: string | undefined): Promise<Aws> {
  const opened = await openAws(region);
  if ('kind' in opened) throw cannotReach('AWS cannot be asked', opened.because);
  return opened;
}

/** @throws CommandFailure when registrations cannot be read */
export async function registered(aws: Aws): Promise<readonly PairRegistration[]> {
  const pairs = await aws.registry.pairs();
  if ('kind' in pairs) throw cannotReach(`registrations in ${aws.region} cannot be read`, pairs.because);
  return pairs;
}

/** The one pair that is meant. */
export async function findPair(aws: Aws, name: string, controlSet: string | undefined): Promise<PairRegistration> {
  const pairs = await registered(aws);
  const found = pairs.filter(({ pair, namespace }) => pair === name && (controlSet === undefined || namespace === controlSet));
  if (found.length === 1 && found[0]) return found[0];
  if (found.length > 1) {
    const sets = found.map(({ namespace }) => namespace).join(', ');
    throw new CommandFailure(EXIT.usage, `${name} is a pair in the control sets ${sets}`, 'Say which with --control-set.');
  }
  const there = pairs.map(({ pair, namespace }) => `${pair} (control set ${namespace})`).join(', ');
  throw new CommandFailure(
    EXIT.usage,
    `no pair ${name} is registered in ${aws.region}${controlSet === undefined ? '' : ` in control set ${controlSet}`}; there is ${there || 'none'}`,
    'Pairs register in their standby Region: give it with --region.',
  );
}

async function limited<T>(asked: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no credentials within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
