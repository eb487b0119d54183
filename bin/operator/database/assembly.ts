/** Registrations of pairs and databases in what "cdk synth" wrote, without credentials. */
import type { DatabaseRegistration } from '../../../lib/contracts/database';
import type { PairRegistration } from '../../../lib/contracts/registration';
import { readTemplates, UnreadableAssembly } from '../../budget/assembly';
import { CommandFailure, EXIT } from '../failure';

export interface Synthesized {
  readonly pair: PairRegistration;
  readonly database?: DatabaseRegistration;
}

const NAME = /^(\/cdk-failover\/[^/]+\/[^/]+\/)(registration|database)$/;

export function registrationsIn(folder: string): readonly Synthesized[] {
  const documents = new Map<string, unknown>();
  for (const { resources } of templatesIn(folder)) {
    for (const { Type, Properties } of Object.values(resources)) {
      const { Name: name, Value: value } = (Properties ?? {}) as { Name?: unknown; Value?: unknown };
      if (Type === 'AWS::SSM::Parameter' && typeof name === 'string' && NAME.test(name)) documents.set(name, document(value));
    }
  }
  return [...documents].flatMap(([name, pair]) => {
    const [, path, what] = NAME.exec(name) ?? [];
    if (what !== 'registration') return [];
    const database = documents.get(`${path}database`) as DatabaseRegistration | undefined;
    return [{ pair: pair as PairRegistration, ...(database ? { database } : {}) }];
  });
}

function templatesIn(folder: string) {
  try {
    return readTemplates(folder);
  } catch (error) {
    if (error instanceof UnreadableAssembly) throw new CommandFailure(EXIT.usage, error.message);
    throw error;
  }
}

/** What only a deployment knows, such as the ARN of a function of ours, is named in angle brackets. */
function document(value: unknown): unknown {
  return JSON.parse(text(value));
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[kind, argument] = ['', undefined]] = Object.entries((value ?? {}) as Record<string, unknown>);
  if (kind === 'Fn::Join') {
    const [between, parts] = argument as [string, unknown[]];
    return parts.map(text).join(between);
  }
  const name = kind === 'Fn::GetAtt' ? (argument as string[])[0] : String(argument);
  return `<${name}>`;
}
