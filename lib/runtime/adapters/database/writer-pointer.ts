import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { WriterDocument } from '../../../contracts/database';
import type { Unknown } from '../../ports';
import type { WriterPointer } from '../../ports/database';
import { clientSettings, isNamed, unknownBecause } from '../clients';
import { LOOK, ORDER } from './orders';

/** Writers of one parameter are a handful; more rounds would be a fight. */
const ROUNDS = 5;

interface Stored {
  readonly version: number;
  readonly document: WriterDocument;
}

/**
 * The writer in an SSM parameter. SSM has no conditional write, but it numbers versions: after each write, whoever came
 * in between is read again, and the higher epoch is written back. So the highest epoch stands in the end, whichever order
 * the writes arrive in.
 */
export class SsmWriterPointer implements WriterPointer {
  private readonly looks = new SSMClient(clientSettings(LOOK));
  private readonly orders = new SSMClient(clientSettings(ORDER));

  public async set(parameter: string, endpoint: string, epoch: number): Promise<'set' | 'newer' | Unknown> {
    try {
      let wanted: WriterDocument = { endpoint, epoch };
      let seen = await this.read(parameter);
      for (let round = 0; round < ROUNDS; round += 1) {
        if (seen.document.epoch > wanted.epoch) return 'newer';
        if (seen.document.epoch === wanted.epoch && seen.document.endpoint === wanted.endpoint) return answer(wanted, epoch);
        const version = await this.write(parameter, wanted);
        if (version === seen.version + 1) return answer(wanted, epoch);
        const between = await this.highest(parameter, seen.version + 1, version - 1);
        if (between && between.epoch > wanted.epoch) wanted = between;
        seen = await this.read(parameter);
      }
      return { kind: 'unknown', because: `${parameter} was written by others ${ROUNDS} times in a row` };
    } catch (error) {
      return unknownBecause(error);
    }
  }

  private async read(name: string): Promise<Stored> {
    try {
      const { Parameter: parameter } = await this.looks.send(new GetParameterCommand({ Name: name }));
      return { version: parameter?.Version ?? 0, document: documentIn(parameter?.Value) };
    } catch (error) {
      if (isNamed(error, 'ParameterNotFound')) return { version: 0, document: documentIn(undefined) };
      throw error;
    }
  }

  private async write(name: string, document: WriterDocument): Promise<number> {
    const { Version = 0 } = await this.orders.send(
      new PutParameterCommand({ Name: name, Value: JSON.stringify(document), Type: 'String', Overwrite: true }),
    );
    return Version;
  }

  private async highest(name: string, from: number, to: number): Promise<WriterDocument | undefined> {
    let found: WriterDocument | undefined;
    for (let version = Math.max(from, to - ROUNDS + 1); version <= to; version += 1) {
      const { document } = await this.read(`${name}:${version}`);
      if (found === undefined || document.epoch > found.epoch) found = document;
    }
    return found;
  }
}

/** What stands there is ours, or a higher epoch that we overtook and put back. */
const answer = (stands: WriterDocument, epoch: number) => (stands.epoch > epoch ? 'newer' : 'set');

function documentIn(text: string | undefined): WriterDocument {
  try {
    const { endpoint, epoch } = JSON.parse(text ?? '') as Partial<WriterDocument>;
    if (typeof endpoint === 'string' && typeof epoch === 'number') return { endpoint, epoch };
  } catch {
    // Somebody's own text: anything may replace it.
  }
  return { endpoint: '', epoch: 0 };
}
