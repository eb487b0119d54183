export * from './cost';
export * from './template';
