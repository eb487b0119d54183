export * from './failover-stack';
