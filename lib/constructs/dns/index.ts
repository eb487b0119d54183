export * from './failover-pair';
export * from './health-probe';
export * from './site';
