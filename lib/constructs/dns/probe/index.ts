export * from './health-probe';
