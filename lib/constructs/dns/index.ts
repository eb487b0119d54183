export * from './beacons';
export * from './both-unhealthy';
export * from './failover-pair';
export * from './health-probe';
export * from './latch';
export { PairSide } from './side';
export * from './site';
