export * from './cost';
export * from './lease';
export * from './template';
