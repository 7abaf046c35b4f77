export { convert } from './convert.ts';
export { copyToMongo } from './copy-to-mongo.ts';
export { openDeadLetters } from './dead-letters.ts';
