export { copyToMongo } from './copy.ts';
export { openDeadLetters } from './dead-letters.ts';
