export * from './availability';
export * from './economics';
export * from './matrix';
export * from './threshold';
