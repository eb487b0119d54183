/**
 * What every implementation of a port must do. The suites run on the fakes, and on the real adapters against loopback
 * endpoints, so that a fake cannot promise what AWS does not keep.
 *
 * `make` is called once per test; `close` is called after it.
 */
export * from './aws-contracts';
export * from './database-contract';
export * from './dns-contract';
export * from './health-checks-contract';
export * from './journal-contract';
export * from './probe-contract';
export * from './sql-contract';
export * from './transitions-contract';
