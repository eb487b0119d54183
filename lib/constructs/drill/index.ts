export * from './drill-fault';
export * from './failover-drill';
