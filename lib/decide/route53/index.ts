export * from './answer';
export * from './change-batch';
export * from './health';
export * from './lookup';
export * from './record';
