import { Token } from 'aws-cdk-lib';

/** True when the value is given and known at synth, so that it can be checked. */
export const known = <T>(value: T | undefined): value is T => value !== undefined && !Token.isUnresolved(value);

/** How an error text shows a value. */
export const shown = (value: unknown): string =>
  Token.isUnresolved(value)
    ? 'a value that is only known at deploy time'
    : typeof value === 'string'
      ? `"${value}"`
      : String(value);
