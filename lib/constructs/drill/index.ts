export * from './failover-drill';
