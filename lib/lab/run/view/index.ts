export { crop, interactive, Paint, paintFor, type Screen, wrap } from './paint';
export { View } from './view';
