import { type Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';

const PACKS = [AwsSolutionsChecks, ServerlessChecks, NIST80053R5Checks];

interface Finding {
  readonly rule: string;
  readonly path: string;
}

/** What AwsSolutions, Serverless and NIST 800-53 R5 find and nobody acknowledged, warnings too. Synthesize the app first. */
export function nagFindings(...stacks: readonly Stack[]): string[] {
  return find(stacks).map(({ rule, path }) => `${rule} ${path}`);
}

/** Acknowledgements below the stacks that match no finding (any more), or that give no reason. */
export function idleAcknowledgements(...stacks: readonly Stack[]): string[] {
  const acknowledged = stacks.flatMap((stack) => stack.node.findAll()).flatMap(rulesOf);
  const findings = without(acknowledged, () => find(stacks));
  return acknowledged
    .filter(({ rule, reason, path }) => {
      const matches = findings.some((one) => sameRule(one.rule, rule) && `${one.path}/`.startsWith(`${path}/`));
      return !matches || reason.trim().length < 10;
    })
    .map(({ rule, path }) => `${rule} ${path}`);
}

const find = (stacks: readonly Stack[]): Finding[] =>
  stacks.flatMap((stack) =>
    PACKS.flatMap((Pack) =>
      new Pack(stack).validateScope(stack).violations.flatMap((violation) =>
        violation.violatingResources.map((resource) => ({
          rule: violation.ruleName,
          path: resource.constructPath ?? resource.resourceLogicalId ?? '?',
        })),
      ),
    ),
  );

interface Acknowledged extends Finding {
  readonly reason: string;
  /** The construct's own record, which is changed for a moment. */
  readonly record: Record<string, string>;
}

function rulesOf(node: IConstruct): Acknowledged[] {
  return node.node.metadata
    .filter((entry) => entry.type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap((entry) => {
      const record = entry.data as Record<string, string>;
      return Object.entries(record)
        .filter(([rule]) => PACK_RULE.test(rule))
        .map(([rule, reason]) => ({ rule, reason, path: node.node.path, record }));
    });
}

/** Acknowledged warnings of our own are not cdk-nag's business. */
const PACK_RULE = /(AwsSolutions|Serverless|NIST\.800\.53\.R5)-/;

const sameRule = (found: string, acknowledged: string) => acknowledged === found || acknowledged.endsWith(`::${found}`);

/** Runs `action` as if nothing had been acknowledged. */
function without<T>(acknowledged: readonly Acknowledged[], action: () => T): T {
  for (const { record, rule } of acknowledged) delete record[rule];
  try {
    return action();
  } finally {
    for (const { record, rule, reason } of acknowledged) record[rule] = reason;
  }
}
