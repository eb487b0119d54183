export * from './drill';
export * from './environment';
export * from './events';
export * from './registration';
