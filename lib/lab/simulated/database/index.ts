export * from './cast';
export * from './invariants';
export * from './invocation';
export * from './ports';
export * from './registrations';
export * from './setting';
export * from './simulate';
export * from './world';
