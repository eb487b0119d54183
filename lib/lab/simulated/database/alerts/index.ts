export * from './alarm';
export * from './desk';
export * from './path';
