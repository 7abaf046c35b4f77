import type { IncomingMessage } from 'node:http';
import { CordwoodError, ERROR_CODES, type ErrorCode, reasonOf } from '../../base/errors.ts';
import type { End, Problem, QuestionName, Questions } from '../../ask/contract.ts';
import type { EndRow, ErrorRow } from '../../http/contract.ts';
import { fromJson, type JsonMessage } from '../../model/json.ts';

export type AnswerRow<Name extends QuestionName> = Questions[Name]['row'] | { _cursor: string };

/** An answer that ended before its end row: the connection broke, or the server was killed. */
export class BrokenAnswer extends CordwoodError {
  constructor(path: string, reason: string, cause?: unknown) {
    super('ERR_UNREACHABLE', `cannot read the answer of the server at ${path}: ${reason}`, { cause });
    this.name = 'BrokenAnswer';
  }
}

/** A server that will not answer, however often it is asked. */
export class Refusal extends CordwoodError {
  constructor(message: string, cause?: unknown) {
    super('ERR_UNREACHABLE', message, { cause });
    this.name = 'Refusal';
  }
}

/** Characters shown of a response that did not come from a Cordwood server. */
const SHOWN = 200;

/**
 * The rows of an answer as they come, with times of messages as `Date`s. Returns the `End`.
 * @throws BrokenAnswer if the answer has no end row, CordwoodError with the code of the problem that the server reports
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
        const row: EndRow | ErrorRow | JsonMessage = JSON.parse(line);
        if ('_end' in row) return row._end;
        if ('_error' in row) throw problemError(row._error);
        yield (typeof row.received_at === 'string' ? fromJson(row) : row) as Row;
      }
    }
    throw new BrokenAnswer(path, 'the connection closed before the end');
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof CordwoodError) throw error;
    throw new BrokenAnswer(path, reasonOf(error), error);
  }
}

/** The complete lines of each chunk, as one list: a step of a generator for each line would cost as much as reading it. */
async function* lines(response: IncomingMessage): AsyncGenerator<string[]> {
  response.setEncoding('utf8');
  // The pieces of an unfinished line are joined once: a long line must not be searched again with each chunk.
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
    // Not from a Cordwood server: shown as it came.
  }
  return new BrokenAnswer(path, `status ${status}, ${body.slice(0, SHOWN)}`);
}

/** The error that a problem describes; with the query and the column if it is about a query. */
export function problemError({ code, message, query, column }: Problem): CordwoodError {
  const known = Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'ERR_STORE';
  if (query === undefined || column === undefined) return new CordwoodError(known, message);
  return new ProblemError(known, message, query, column);
}

/** The server could not read a query. */
export class ProblemError extends CordwoodError {
  readonly query: string;
  readonly column: number;

  constructor(code: ErrorCode, message: string, query: string, column: number) {
    super(code, message);
    this.query = query;
    this.column = column;
  }
}
