export * from './ec2';
export * from './function-versions';
export * from './global-clusters';
export * from './instances';
export * from './rds';
export * from './rollouts';
export * from './sts';
