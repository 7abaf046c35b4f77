export { answer, answerInChunks, problemOf, QUESTIONS } from './answer.ts';
export type { AnswerContext } from './context.ts';
export { digestFacts } from './digest-facts.ts';
export { inTurns } from './in-turns.ts';
export { statusOf } from './status.ts';
export { findMessage, type FoundMessage } from './message.ts';
export { type KeptSearch, savedSearches } from './saved-searches.ts';
export { limitedContext } from './within.ts';
