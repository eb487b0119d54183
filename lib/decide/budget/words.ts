import type { Fix } from './fixes';
import type { Cell } from './judge';
import type { Finding, PairBudget } from './report';
import { MODE_NAME, type Target } from './types';

/** Names of the targets, as `RecoveryTargets` and the reports of drills call them. */
export const TARGET_NAME: Readonly<Record<Target, string>> = { detection: 'detection', switch: 'switch', rto: 'RTO', rpo: 'RPO' };

/** Seconds to the tenth, without a needless zero. */
export const seconds = (sec: number): string => `${Number(sec.toFixed(1))} s`;

/** One text for all findings of one severity. */
export function warningText(budget: PairBudget, severity: Finding['severity']): string {
  const findings = budget.findings.filter((finding) => finding.severity === severity);
  const accept = severity === 'impossible' ? 'or raise the target, or waive it with a reason' : 'or waive it with a reason';
  return `pair ${budget.pair}: ${findings.map(findingText).join('. ')}. ${waysOut(findings)}; ${accept} in RecoveryBudget`;
}

/** What is missed, by how much, and what costs most. */
export function findingText(finding: Finding): string {
  const target = `${TARGET_NAME[finding.target]} ${seconds(finding.targetSec)}`;
  // A planned switchover, or a worst case only, does not make a target impossible.
  const hopeless = finding.cells.filter((cell) => cell.verdict === 'missed' || cell.verdict === 'never');
  const shown = finding.severity === 'impossible' ? hopeless : finding.cells;
  const cells = shown.map((cell) => cellText(cell, finding.severity)).join(', ');
  const part = finding.costliest;
  const most = part ? `; most of it is ${part.what}: ${seconds(part.worstSec)} at worst (${part.provenance})` : '';
  return finding.severity === 'impossible'
    ? `${target} is impossible: best case ${cells}${most}`
    : `${target} is missed at worst: ${cells}${most}`;
}

function cellText(cell: Cell, severity: Finding['severity']): string {
  const mode = MODE_NAME[cell.mode];
  const sec = severity === 'impossible' ? cell.bestSec : cell.worstSec;
  return sec === undefined ? `${mode} never detected` : `${mode} ${seconds(sec)}`;
}

/** One sentence per different way out; findings that share one are named together. */
function waysOut(findings: readonly Finding[]): string {
  const byChange = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = finding.fix?.change ?? '';
    byChange.set(key, [...(byChange.get(key) ?? []), finding]);
  }
  return [...byChange.values()]
    .map((shared) => {
      const names = shared.map((finding) => TARGET_NAME[finding.target]).join(' and ');
      const fix = shared[0]?.fix;
      return fix ? fixText(names, fix) : `No change that the model knows meets ${names}`;
    })
    .join('. ');
}

function fixText(names: string, fix: Fix): string {
  const verb = fix.clears ? 'meets' : 'makes possible';
  return `Cheapest change that ${verb} ${names}: ${fix.change} (${priceText(fix)}; ${fix.note})`;
}

export function priceText(fix: Fix): string {
  if (fix.monthlyUsd === undefined) return 'price not known here';
  return fix.monthlyUsd === 0 ? 'no cost' : `at most ${fix.monthlyUsd} USD a month at list price, assumed`;
}
