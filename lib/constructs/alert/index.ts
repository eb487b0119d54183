export * from './alert-path';
export * from './alert-target';
export * from './severity';
