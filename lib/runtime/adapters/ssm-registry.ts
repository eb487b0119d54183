import { GetParameterCommand, GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm';
import { type ChecksDocument, type PairRegistration, REGISTRATION_SCHEMA } from '../../contracts/registration';
import type { Registry, Unknown } from '../ports';
import { clientSettings, unknownBecause } from './clients';

/**
 * A page holds ten parameters at most, or fewer, or none; a control set holds at most 20 pairs of three parameters each.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html
 */
const MAX_PAGES = 100;

/** Registrations in SSM of this Region, checks in SSM of the routing Region. */
export class SsmRegistry implements Registry {
  private readonly here = new SSMClient(clientSettings());
  private readonly routing: SSMClient | undefined;

  /** Without `routingRegion` the ids of the checks cannot be read. */
  constructor(
    private readonly path: string,
    routingRegion?: string,
  ) {
    this.routing = routingRegion ? new SSMClient(clientSettings({ region: routingRegion })) : undefined;
  }

  public async pair(name: string): Promise<PairRegistration | Unknown> {
    const text = await this.parameter(this.here, `${this.path}${name}/registration`);
    return typeof text === 'string' ? registrationFrom(text) : text;
  }

  public async pairs(): Promise<readonly PairRegistration[] | Unknown> {
    const found: PairRegistration[] = [];
    let next: string | undefined;
    try {
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const answer = await this.here.send(
          new GetParametersByPathCommand({ Path: this.path.replace(/\/$/, ''), Recursive: true, NextToken: next }),
        );
        for (const parameter of answer.Parameters ?? []) {
          if (!parameter.Name?.endsWith('/registration')) continue;
          const registration = registrationFrom(parameter.Value ?? '');
          if ('kind' in registration) return { ...registration, because: `${parameter.Name}: ${registration.because}` };
          found.push(registration);
        }
        next = answer.NextToken;
        if (next === undefined) return found;
      }
    } catch (error) {
      return unknownBecause(error);
    }
    return { kind: 'unknown', because: `more than ${MAX_PAGES} pages of registrations` };
  }

  public async checks(registration: PairRegistration): Promise<ChecksDocument | Unknown> {
    if (!this.routing) return { kind: 'unknown', because: 'no routing Region was given' };
    const text = await this.parameter(this.routing, registration.checksParameter);
    if (typeof text !== 'string') return text;
    return parsed(text, (document): document is ChecksDocument => typeof (document as ChecksDocument).primary === 'string');
  }

  private async parameter(client: SSMClient, name: string): Promise<string | Unknown> {
    try {
      const answer = await client.send(new GetParameterCommand({ Name: name }));
      return answer.Parameter?.Value ?? { kind: 'unknown', because: `parameter ${name} is empty` };
    } catch (error) {
      const unknown = unknownBecause(error);
      return { ...unknown, because: `parameter ${name}: ${unknown.because}` };
    }
  }
}

const registrationFrom = (text: string) =>
  parsed(text, (document): document is PairRegistration => (document as PairRegistration).schema === REGISTRATION_SCHEMA);

function parsed<T extends object>(text: string, is: (document: object) => document is T): T | Unknown {
  try {
    const document: unknown = JSON.parse(text);
    if (typeof document === 'object' && document !== null && is(document)) return document;
    return { kind: 'unknown', because: 'the document has another shape than this version reads' };
  } catch {
    return { kind: 'unknown', because: 'the document is not JSON' };
  }
}
