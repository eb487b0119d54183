export { type AuroraGlobalLagOptions, type AuroraReplicaLagOptions, GlobalLagMetric } from './aurora-lag';
export { LagSource, type RdsReplicaLagOptions, ReplicaEngine } from './lag-source';
export * from './replication-lag-alarms';
