/** What of a CloudFormation template costs money by being there. */
export interface Template {
  readonly stack: string;
  readonly resources: Readonly<Record<string, TemplateResource>>;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

export const RESOURCE = {
  check: 'AWS::Route53::HealthCheck',
  alarm: 'AWS::CloudWatch::Alarm',
  key: 'AWS::KMS::Key',
  secret: 'AWS::SecretsManager::Secret',
  schedule: 'AWS::Scheduler::Schedule',
  rule: 'AWS::Events::Rule',
  function: 'AWS::Lambda::Function',
} as const;

/** How often `rate(...)` fires in a month of 730 hours; undefined for cron and one-shot schedules. */
export function firesPerMonth(expression: unknown): number | undefined {
  const found = typeof expression === 'string' ? /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) : null;
  if (!found) return undefined;
  const minutes = { minute: 1, hour: 60, day: 1_440 }[found[2] as 'minute' | 'hour' | 'day'];
  return (730 * 60) / (Number(found[1]) * minutes);
}

/** Logical id of what a schedule or the first target of a rule starts in its own stack. */
export function targetOf({ Properties = {} }: TemplateResource): string | undefined {
  const [first] = (Properties['Targets'] ?? [Properties['Target']]) as readonly ({ readonly Arn?: unknown } | undefined)[];
  const found = (first?.Arn as { readonly 'Fn::GetAtt'?: readonly unknown[] } | undefined)?.['Fn::GetAtt'];
  return Array.isArray(found) ? String(found[0]) : undefined;
}
