import { CordwoodError } from '../../../base/errors.ts';
import { codeOf } from '../error-codes.ts';
import { mongoError } from '../connection.ts';
import { MAX_TIME_MS } from './finding.ts';

/** mongod's code for an operation that took longer than its `maxTimeMS`. */
const TOO_LONG = 50;

/** Why a question is not answered, with the remedy where there is one. */
export function answerError(error: unknown): Error {
  if (error instanceof Error && error.name === 'PatternError') return error;
  if (codeOf(error) !== TOO_LONG) return mongoError('answer from MongoDB', error);
  const reason = `MongoDB looked for longer than ${MAX_TIME_MS / 1000} s`;
  const remedy = 'narrow the window, or name a host or a program';
  return new CordwoodError('ERR_STORE', `cannot answer from MongoDB: ${reason}; ${remedy}`, { cause: error });
}
