export * from './recovery-budget';
export * from './recovery-targets';
