import type { IncomingMessage } from 'node:http';
import { CordwoodError, ERROR_CODES, type ErrorCode, reasonOf } from '../../base/errors.ts';
import type { End, Problem, QuestionName, Questions } from '../../ask/contract.ts';
import { fromJson, type JsonMessage } from '../../model/json.ts';

export type AnswerRow<Name extends QuestionName> = Questions[Name]['row'] | { _cursor: string };

/** An answer that ended before it was whole: the connection broke, or the server was ended. */
export class BrokenAnswer extends CordwoodError {
  constructor(path: string, reason: string, cause?: unknown) {
    super('ERR_UNREACHABLE', `cannot read the answer of the server at ${path}: ${reason}`, { cause });
    this.name = 'BrokenAnswer';
  }
}

/** Most of a line that is no answer to show. */
const SHOWN = 200;

/**
 * The rows of an answer as they come, its `End` last; messages with their times as `Date`s. @throws BrokenAnswer where it
 * ends without one, CordwoodError with the code of the problem that the server tells of
 */
export async function* readAnswer<Row>(
  asked: Promise<IncomingMessage>,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<Row, End> {
  try {
    const response = await asked;
    const accepted = response.statusCode === 200;
    for await (const whole of lines(response)) {
      for (const line of whole) {
        if (!accepted) throw refused(line, response.statusCode, path);
        const row = JSON.parse(line);
        if ('_end' in row) return row._end;
        if ('_error' in row) throw problemError(row._error);
        yield (typeof row.received_at === 'string' ? fromJson(row as JsonMessage) : row) as Row;
      }
    }
    throw new BrokenAnswer(path, 'it broke off');
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof CordwoodError) throw error;
    throw new BrokenAnswer(path, reasonOf(error), error);
  }
}

/** The lines that each chunk completes, together: a step of a generator for each line costs as much as reading it. */
async function* lines(response: IncomingMessage): AsyncGenerator<string[]> {
  response.setEncoding('utf8');
  // Pieces of a line that has not ended are joined once: a long one must not be searched again with each chunk.
  let pieces: string[] = [];
  for await (const chunk of response) {
    const end = chunk.lastIndexOf('\n');
    if (end < 0) {
      pieces.push(chunk);
      continue;
    }
    const whole = (pieces.join('') + chunk.slice(0, end)).split('\n');
    pieces = [chunk.slice(end + 1)];
    yield whole.filter((line) => line !== '');
  }
  const rest = pieces.join('');
  if (rest !== '') yield [rest];
}

function refused(body: string, status: number | undefined, path: string): CordwoodError {
  try {
    const problem = JSON.parse(body);
    if (typeof problem.message === 'string' && typeof problem.code === 'string') return problemError(problem);
  } catch {
    // Not of our server: shown as it came.
  }
  return new BrokenAnswer(path, `status ${status}, ${body.slice(0, SHOWN)}`);
}

/** The error that a problem tells of; of a query, with a caret under the place. */
export function problemError({ code, message, query, column }: Problem): CordwoodError {
  const known = Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'ERR_STORE';
  if (query === undefined || column === undefined) return new CordwoodError(known, message);
  return new ProblemError(known, message, query, column);
}

/** A query that the server could not read. */
export class ProblemError extends CordwoodError {
  readonly query: string;
  readonly column: number;

  constructor(code: ErrorCode, message: string, query: string, column: number) {
    super(code, message);
    this.query = query;
    this.column = column;
  }
}
