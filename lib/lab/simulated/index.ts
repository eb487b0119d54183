export * from './detection';
export * from './random';
export * from './scheduler';
