export { answer, problemOf, QUESTIONS } from './answer.ts';
export type { AnswerContext, Searchable } from './context.ts';
export { digestFacts } from './digest-facts.ts';
export { statusOf } from './status.ts';
