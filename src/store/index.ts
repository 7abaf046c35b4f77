export type { StoreOpeners } from './contract.ts';
export { type DeadLetter, DeadLetters, readDeadLetters } from './dead-letters.ts';
