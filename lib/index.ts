export * from './constructs/regions';
