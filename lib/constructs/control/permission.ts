export { acknowledge } from '../internal/acknowledge';
export { type Permission, permit } from '../internal/permission';
