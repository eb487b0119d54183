export * from './beacons';
export * from './both-unhealthy';
export * from './failover-pair';
export * from './latch';
export * from './probe';
export { PairSide } from './side';
export * from './site';
