import type { DrillStepInput, DrillStepOutput } from '../../../contracts/drill';
import { beginStep, finishStep, type StepAnswer } from '../../../decide/drill/rules';
import type { DrillStep } from '../../../decide/plan';
import { transact } from '../transact';
import { arm } from './arm';
import { awaitReturn } from './await-return';
import { type DrillPorts, isUnknown, type StepContext } from './context';
import { measure } from './measure';
import { preflight } from './preflight';
import { report } from './report';

const STEPS: Readonly<Record<string, (context: StepContext) => Promise<StepAnswer>>> = {
  preflight,
  arm,
  measure,
  await_return: awaitReturn,
  report,
};

/**
 * Carries one step. The first thing it does is a conditional write, the last one is another: a repeated delivery gets
 * the answer that is already there, or `interrupted`, and breaks nothing.
 */
export async function drillStep(input: DrillStepInput, ports: DrillPorts): Promise<DrillStepOutput> {
  const carry = STEPS[input.step ?? ''];
  if (!carry) throw new Error(`step is ${JSON.stringify(input.step)}; known steps: ${Object.keys(STEPS).join(', ')}`);
  const step = input.step as DrillStep;
  const began = await transact(ports.journal, input.pair, (item) => beginStep(item, input.drillId, step, ports.time.nowMs()));
  switch (began.kind) {
    case 'done':
      return { outcome: began.outcome, ...(began.because ? { because: began.because } : {}) };
    case 'interrupted':
      return { outcome: 'interrupted', because: [`${step} began before and did not end`] };
    case 'too-late':
      return { outcome: 'stopped', because: [began.because] };
    case 'ended':
      return { outcome: 'ended', because: [`the drill ended: ${began.verdict}`] };
    case 'no-drill':
      return { outcome: 'no-drill', because: [`no drill ${input.drillId} holds the pair ${input.pair}`] };
  }
  const registration = await ports.registry.pair(input.pair);
  if (isUnknown(registration)) throw new Error(`the registration of ${input.pair} cannot be read: ${registration.because}`);
  ports.log.info(`${step} begins`, { pair: input.pair, drillId: input.drillId });
  const said = await carry({ ports, input, drill: began.drill, registration });
  ports.log.info(`${step}: ${said.outcome}`, { pair: input.pair, drillId: input.drillId, because: said.because });
  // The report is the one step that takes the drill off the journal, and with it the ledger.
  if (step !== 'report') {
    await transact(ports.journal, input.pair, (item) => finishStep(item, input.drillId, step, said, ports.time.nowMs()));
  }
  return { outcome: said.outcome, ...(said.because ? { because: said.because } : {}) };
}
