export { readRoom } from './collector.ts';
export type { Framer } from './contract.ts';
export { createFramer } from './framer.ts';
export { createRelpFramer, numberAfter, type RelpCommand, type RelpFramer } from './relp-framer.ts';
