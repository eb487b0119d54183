import { Annotations, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

interface Problem {
  readonly code: string;
  readonly text: string;
}

/** A mistake in what the user wrote, found at synth. Carries a stable code, the value, the limit, the way out and the place. */
export class ConfigError extends Error {
  public constructor(
    public readonly codes: readonly string[],
    message: string,
  ) {
    super(message);
    this.name = 'ConfigError';
  }
}

/** Collects mistakes so that the user sees all of them at once. */
export class Problems {
  private readonly found: Problem[] = [];

  /** Said once, also when both sides of a pair share the mistake. */
  public add(code: string, text: string): void {
    if (this.found.some((p) => p.code === code && p.text === text)) return;
    this.found.push({ code, text });
  }

  /** Adds the problem when the condition holds. Conditions on unresolved tokens are the caller's business. */
  public addIf(condition: boolean, code: string, text: string): void {
    if (condition) this.add(code, text);
  }

  public throwAt(where: IConstruct | string): void {
    if (this.found.length === 0) return;
    const at = typeof where === 'string' ? where : where.node.path;
    throw new ConfigError(
      this.found.map((p) => p.code),
      this.found.map((p) => `[${p.code}] ${p.text} (at ${at})`).join('\n'),
    );
  }
}

/** Throws one problem. */
export function refuse(where: IConstruct | string, code: string, text: string): never {
  const problems = new Problems();
  problems.add(code, text);
  problems.throwAt(where);
  throw new Error('unreachable');
}

/** A warning with a stable id that the user can acknowledge: `cdk-failover:<code>`. */
export function warn(where: IConstruct, code: string, text: string): void {
  Annotations.of(where).addWarningV2(`cdk-failover:${code}`, text);
}

/** True when the value is given and known at synth, so that it can be checked. */
export const isKnown = <T>(value: T | undefined): value is T => value !== undefined && !Token.isUnresolved(value);

/** How an error text shows a value. */
export const shown = (value: unknown): string =>
  Token.isUnresolved(value)
    ? 'a value that is only known at deploy time'
    : typeof value === 'string'
      ? `"${value}"`
      : String(value);
