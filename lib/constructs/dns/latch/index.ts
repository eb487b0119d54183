export { type AlarmLatchOptions, Latch } from './latch';
