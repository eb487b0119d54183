export * from './failover-regions';
