export * from './constructs/alert';
export * from './constructs/budget';
export * from './constructs/control';
export * from './constructs/dns';
export * from './constructs/drill';
export * from './constructs/lag';
export * from './constructs/regions';
export * from './constructs/stack';
