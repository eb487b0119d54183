export { ControlSet, type ControlSetProps } from './control-set';
