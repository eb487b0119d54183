export * from './replication-lag-alarms';
