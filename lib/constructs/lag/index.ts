export { LagSource, type RdsReplicaLagOptions, ReplicaEngine } from './lag-source';
export * from './replication-lag-alarms';
