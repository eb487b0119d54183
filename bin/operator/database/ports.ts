/** What the orders of a database reach the world through, from the standby Region. Loaded only by commands that need it. */
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { PairRegistration } from '../../../lib/contracts/registration';
import { registrationParameter } from '../../../lib/decide/names';
import { AuthoritativeDns } from '../../../lib/runtime/adapters/authoritative-dns';
import { clientSettings } from '../../../lib/runtime/adapters/clients';
import { CloudWatchMetrics } from '../../../lib/runtime/adapters/cloudwatch';
import { AwsDatabases } from '../../../lib/runtime/adapters/database/databases';
import { DynamoDbLeases } from '../../../lib/runtime/adapters/database/dynamodb-leases';
import { EventBridgeTransitions } from '../../../lib/runtime/adapters/database/event-bridge-transitions';
import { AwsFences } from '../../../lib/runtime/adapters/database/fences';
import { AwsLags } from '../../../lib/runtime/adapters/database/lags';
import { LambdaHeartbeats } from '../../../lib/runtime/adapters/database/lambda-heartbeats';
import { RdsServiceLooks } from '../../../lib/runtime/adapters/database/service-looks';
import { SsmDatabaseRegistry } from '../../../lib/runtime/adapters/database/ssm-database-registry';
import { LambdaFunctions } from '../../../lib/runtime/adapters/lambda-functions';
import { SfnMachine } from '../../../lib/runtime/adapters/sfn-machine';
import { SocketProbe } from '../../../lib/runtime/adapters/socket-probe';
import type { NotePorts, OrderPorts } from '../../../lib/runtime/drive/database/orders';
import { TransitionJournal } from '../../../lib/runtime/drive/database/transition-journal';
import type { Journal } from '../../../lib/runtime/ports';
import type { Aws } from '../aws';
import { cannotReach } from '../failure';

/** A heartbeat reader, a fence or an order function answers in a few seconds; its own limit is higher. */
const FUNCTION_LIMIT_MS = 20_000;
/** A person reads what matters on the screen. */
const SILENT = { info: () => undefined, error: () => undefined };

/** A process that ends tells nothing any more, so a person's order waits a little for the bus. */
function toldJournal(aws: Aws, controlSet: string): Journal {
  const journal = new TransitionJournal(
    { journal: aws.journalOf(controlSet), transitions: new EventBridgeTransitions(), time: aws.time, log: SILENT },
    { namespace: controlSet, source: 'operator' },
  );
  return {
    read: (pair) => journal.read(pair),
    once: (key) => journal.once(key),
    write: async (item, seen) => {
      const answer = await journal.write(item, seen);
      await journal.settled();
      return answer;
    },
  };
}

/** For orders that only write to the journal and say so. */
export const notePorts = (aws: Aws, controlSet: string): NotePorts => ({
  journal: toldJournal(aws, controlSet),
  registry: aws.registryOf(controlSet),
  announcer: aws.announcer,
  time: aws.time,
  log: SILENT,
});

/** For looking at databases: how far replicas trail, and what a service says that fails one over by itself. */
export const statusPorts = (aws: Aws) => ({
  databaseOf: (controlSet: string) => ({
    databaseRegistry: new SsmDatabaseRegistry(aws.namesOf(controlSet).registryPath),
    lags: new AwsLags(new LambdaFunctions(FUNCTION_LIMIT_MS)),
  }),
  serviceLooks: new RdsServiceLooks(),
});

export async function orderPorts(aws: Aws, { namespace, pair }: PairRegistration): Promise<OrderPorts> {
  const { registryPath } = aws.namesOf(namespace);
  const functions = new LambdaFunctions(FUNCTION_LIMIT_MS);
  const databaseRegistry = new SsmDatabaseRegistry(registryPath);
  return {
    ...notePorts(aws, namespace),
    stopwatch: { elapsedMs: () => performance.now() },
    dns: new AuthoritativeDns(),
    probe: new SocketProbe(aws.time),
    databaseRegistry,
    databases: new AwsDatabases(functions),
    lags: new AwsLags(functions),
    heartbeats: new LambdaHeartbeats(functions),
    leases: new DynamoDbLeases(databaseRegistry),
    fences: new AwsFences(functions),
    metrics: new CloudWatchMetrics(),
    machine: new SfnMachine(await machineArn(aws, namespace, pair)),
  };
}

/** The registration's own ARN says partition and account: no other service has to answer. */
async function machineArn(aws: Aws, namespace: string, pair: string): Promise<string> {
  const name = registrationParameter(namespace, pair);
  try {
    const { Parameter: parameter } = await new SSMClient(clientSettings()).send(new GetParameterCommand({ Name: name }));
    const [arn, partition, , region, account] = (parameter?.ARN ?? '').split(':');
    if (arn !== 'arn' || !account) throw new Error(`parameter ${name} has no ARN`);
    return `arn:${partition}:states:${region}:${account}:stateMachine:${aws.namesOf(namespace).databaseMachine}`;
  } catch (error) {
    throw cannotReach(`the registration of ${pair} cannot be read`, `${(error as Error).name}: ${(error as Error).message}`);
  }
}
