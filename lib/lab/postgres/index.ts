export * from './binaries';
export * from './clients';
export * from './link';
export * from './open';
export * from './pair';
export * from './truth';
