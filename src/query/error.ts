import { CordwoodError } from '../base/errors.ts';

/** An invalid query; `column` (0-based, in UTF-16 units) is the position of the error. */
export class QueryError extends CordwoodError {
  readonly query: string;
  readonly column: number;
  /** The error and its position, for a message that quotes the query itself. */
  readonly reason: string;

  constructor(reason: string, query: string, column: number, options?: { cause?: unknown }) {
    super('ERR_QUERY', `cannot read the query: ${reason}`, options);
    this.name = 'QueryError';
    this.query = query;
    this.column = column;
    this.reason = `at character ${column + 1}: ${reason}`;
  }
}

/** Characters of a query that are shown on each side of the error. */
const SHOWN = 60;

/** Formats an error as three lines: the message, the query (of a long one, the part around the error), and a caret. */
export function showCaret(error: { message: string; query: string; column: number }): string {
  const before = [...error.query.slice(0, error.column)];
  const after = [...error.query.slice(error.column)];
  const cut = before.length > SHOWN;
  const start = (cut ? `…${before.slice(-SHOWN).join('')}` : before.join('')).replace(/\p{C}/gu, ' ');
  const end = after.length > SHOWN ? `${after.slice(0, SHOWN).join('')}…` : after.join('');
  return `${error.message}\n  ${start}${end.replace(/\p{C}/gu, ' ')}\n  ${' '.repeat([...start].length)}^`;
}
