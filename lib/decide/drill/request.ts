import { isDrillId } from './ids';

const FIELDS = ['pair', 'operation', 'level', 'scenario', 'id', 'requestedBy'];
const LEVELS = ['TRAFFIC', 'OBSERVE'];

export interface Requested {
  readonly pair: string;
  readonly operation: 'start' | 'stop';
  readonly level: 'OBSERVE' | 'TRAFFIC';
  readonly scenario: 'primary_crash';
  readonly id?: string;
  readonly requestedBy: string;
}

/** The request of a schedule or a person, with every problem it has. */
export function readRequest(event: unknown): { readonly request: Requested } | { readonly problems: readonly string[] } {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    return { problems: [`the event is ${shown(event)}; send an object such as {"pair":"app"}`] };
  }
  const given = event as Record<string, unknown>;
  const problems: string[] = [];
  const oneOf = (name: string, allowed: readonly string[]) => {
    const value = given[name];
    if (value !== undefined && !allowed.includes(value as string)) {
      problems.push(`${name} is ${shown(value)}; allowed: ${allowed.join(', ')}`);
    }
    return (value ?? allowed[0]) as string;
  };
  const pair = given['pair'];
  if (typeof pair !== 'string' || !/^[a-z0-9-]{1,63}$/.test(pair)) {
    problems.push(`pair is ${shown(pair)}; give the name of a pair: lower-case letters, digits and "-"`);
  }
  const operation = oneOf('operation', ['start', 'stop']);
  const level = oneOf('level', LEVELS);
  const scenario = oneOf('scenario', ['primary_crash']);
  const { id, requestedBy } = given;
  if (id !== undefined && (typeof id !== 'string' || !isDrillId(id))) {
    problems.push(`id is ${shown(id)}; use letters, digits, "-", "_", ":" and ".", at most 48`);
  }
  if (requestedBy !== undefined && (typeof requestedBy !== 'string' || requestedBy.length > 200)) {
    problems.push(`requestedBy is ${shown(requestedBy)}; give a text of at most 200 characters`);
  }
  const foreign = Object.keys(given).filter((name) => !FIELDS.includes(name));
  if (foreign.length > 0) problems.push(`unknown: ${foreign.join(', ')}; known: ${FIELDS.join(', ')}`);
  if (problems.length > 0) return { problems };
  return {
    request: {
      pair,
      operation,
      level,
      scenario,
      ...(id === undefined ? {} : { id }),
      requestedBy: requestedBy ?? 'unknown',
    } as Requested,
  };
}

const shown = (value: unknown) => (value === undefined ? 'missing' : JSON.stringify(value).slice(0, 80));
