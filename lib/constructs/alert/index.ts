export * from './alert-path';
