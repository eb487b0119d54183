import { ENV } from '../../contracts/environment';
import { DynamoDbJournal } from '../adapters/dynamodb-journal';
import { environment } from '../adapters/environment';
import { SfnMachine } from '../adapters/sfn-machine';
import { SsmRegistry } from '../adapters/ssm-registry';
import { JsonLog, SystemTime } from '../adapters/system';
import { startDrill } from '../drive/drill/start';

const env = environment(ENV, ['journalTable', 'registryPath', 'machineArn']);
const time = new SystemTime();
const ports = {
  time,
  log: new JsonLog('drill'),
  journal: new DynamoDbJournal(env.journalTable, time),
  registry: new SsmRegistry(env.registryPath),
  machine: new SfnMachine(env.machineArn),
};

/** What a schedule or a person invokes. Calls: GetItem, PutItem; GetParameter; StartExecution. */
export const handler = (event: unknown, context: { readonly awsRequestId: string }) =>
  startDrill(event, context.awsRequestId, ports);
