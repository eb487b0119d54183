export * from './names';
export * from './threshold';
export * from './verdict';
