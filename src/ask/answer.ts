import { CordwoodError, reasonOf } from '../base/errors.ts';
import { QueryError } from '../query/index.ts';
import type { AnswerContext } from './context.ts';
import type { Answer, Problem, QuestionName, Questions } from './contract.ts';
import { account } from './handlers/account.ts';
import { alerts } from './handlers/alerts.ts';
import { clocks } from './handlers/clocks.ts';
import { count } from './handlers/count.ts';
import { fields } from './handlers/fields.ts';
import { hosts } from './handlers/hosts.ts';
import { forwards } from './handlers/forwards.ts';
import { hist } from './handlers/hist.ts';
import { names } from './handlers/names.ts';
import { nodes } from './handlers/nodes.ts';
import { holdAdd, holdRelease, holds } from './handlers/holds.ts';
import { type Chunks, search, searchInChunks } from './handlers/search.ts';
import { stats } from './handlers/stats.ts';
import { streams } from './handlers/streams.ts';
import { top } from './handlers/top.ts';
import { readParams } from './params.ts';

type Handlers = {
  readonly [Name in QuestionName]: (
    params: Questions[Name]['params'],
    context: AnswerContext,
    signal: AbortSignal,
  ) => Answer<Name>;
};

const HANDLERS: Handlers = {
  search,
  count,
  hist,
  top,
  fields,
  stats,
  account,
  alerts,
  forwards,
  nodes,
  streams,
  holds,
  'hold-add': holdAdd,
  'hold-release': holdRelease,
  hosts,
  clocks,
  names,
};

/** The names of all questions. */
export const QUESTIONS = Object.keys(HANDLERS) as QuestionName[];

/**
 * Answers a question: rows as they are found, then the `End`. The signal ends the search.
 * @throws QueryError or CordwoodError ERR_USAGE at once, before searching, if the question cannot be read
 */
export function answer<Name extends QuestionName>(
  name: Name,
  params: unknown,
  context: AnswerContext,
  signal: AbortSignal,
): Answer<Name> {
  return HANDLERS[name](readParams(name, params), context, signal);
}

/** The answer of `search`, many rows at a time: for answers of millions of messages. @throws as `answer` does */
export function answerInChunks(params: unknown, context: AnswerContext, signal: AbortSignal): Chunks {
  return searchInChunks(readParams('search', params), context, signal);
}

/** An error as it is sent to the client. */
export function problemOf(error: unknown): Problem {
  if (error instanceof QueryError) {
    return { code: error.code, message: error.message, query: error.query, column: error.column };
  }
  return { code: error instanceof CordwoodError ? error.code : 'ERR_STORE', message: reasonOf(error) };
}
