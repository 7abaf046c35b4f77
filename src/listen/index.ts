export { OpenListeners } from './open-listeners.ts';
