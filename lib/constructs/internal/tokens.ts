import { Reference, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { FailoverRegions } from '../regions';

/**
 * True when `value` cannot be written into the stacks of all Regions.
 *
 * Plain text can. A value that is only known at deploy time can be used in its own stack, so it is accepted where one stack
 * takes all roles and the value is an attribute of that stack.
 */
export function crossesRegions(value: unknown, regions: FailoverRegions): boolean {
  if (value === undefined || !Token.isUnresolved(value)) return false;
  if (!regions._oneStack) return true;
  const token = Tokenization.reverse(value, { failConcat: false });
  return !(token !== undefined && Reference.isReference(token) && Stack.of(token.target) === regions.routing);
}
