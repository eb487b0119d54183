import { type Stack, Stage } from 'aws-cdk-lib';

/**
 * Lets `cdk deploy --all` deploy `earlier` first, where that is possible.
 *
 * An order, not a reference: `--exclusively` still deploys either one alone.
 */
export function deployAfter(later: Stack, earlier: Stack, reason: string): void {
  if (later === earlier || Stage.of(later) !== Stage.of(earlier) || waitsFor(earlier, later)) return;
  // Renamed in newer releases, which print a deprecation for the old name.
  const renamed = later as Stack & { readonly addStackDependency?: Stack['addDependency'] };
  if (renamed.addStackDependency) renamed.addStackDependency(earlier, reason);
  else later.addDependency(earlier, reason);
}

/** True when `from` waits for `to`, directly or not. */
function waitsFor(from: Stack, to: Stack): boolean {
  const seen = new Set<Stack>();
  const open = [from];
  for (let stack = open.pop(); stack; stack = open.pop()) {
    if (stack === to) return true;
    if (seen.has(stack)) continue;
    seen.add(stack);
    open.push(...stack.dependencies);
  }
  return false;
}
