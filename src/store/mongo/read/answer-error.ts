import { CordwoodError } from '../../../base/errors.ts';
import { SECOND } from '../../../base/units.ts';
import { mongoError } from '../connection.ts';
import { codeOf } from '../error-codes.ts';
import { MAX_TIME_MS } from './finding.ts';

/** mongod's code for an operation that exceeded its `maxTimeMS`. */
const TIME_EXCEEDED = 50;

/** Why a query failed, with a remedy if there is one. */
export function answerError(error: unknown): Error {
  if (error instanceof Error && error.name === 'PatternError') return error;
  if (codeOf(error) !== TIME_EXCEEDED) return mongoError('search MongoDB', error);
  const reason = `MongoDB searched for more than ${MAX_TIME_MS / SECOND} s`;
  const remedy = 'narrow the time window, or add a host or a program';
  return new CordwoodError('ERR_STORE', `cannot search MongoDB: ${reason}; ${remedy}`, { cause: error });
}
