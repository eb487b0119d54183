export { databaseFailover } from './database-failover';
export { regionFailover } from './region-failover';
export { markdown, spanText } from './render';
export type { Bound, Runbook, RunbookPart, RunbookStep } from './types';
