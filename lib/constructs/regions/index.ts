export * from './failover-regions';
export * from './failover-zone';
