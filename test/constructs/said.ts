import type { IConstruct } from 'constructs';

/** Whole text of the error that `act` throws. */
export function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was thrown';
}

/** Whole texts of the warnings on a construct itself, with their ids at the end. */
export const warningsOf = (construct: IConstruct) =>
  construct.node.metadata.filter(({ type }) => type === 'aws:cdk:warning').map(({ data }) => String(data));
