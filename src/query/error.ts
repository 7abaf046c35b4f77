import { CordwoodError } from '../base/errors.ts';

/** A query that cannot be read; `column` (0-based, in UTF-16 units) is where reading failed. */
export class QueryError extends CordwoodError {
  readonly query: string;
  readonly column: number;
  /** What is wrong and where, for a sentence that quotes the query itself. */
  readonly reason: string;

  constructor(reason: string, query: string, column: number, options?: { cause?: unknown }) {
    super('ERR_QUERY', `cannot read the query: ${reason}`, options);
    this.name = 'QueryError';
    this.query = query;
    this.column = column;
    this.reason = `${reason}, at character ${column + 1}`;
  }
}

/** Characters of a query that are shown on each side of the place. */
const SHOWN = 60;

/** Three lines: what is wrong, the query (its neighbourhood, where it is long), and a caret under the place. */
export function showCaret(error: { message: string; query: string; column: number }): string {
  const before = [...error.query.slice(0, error.column)];
  const after = [...error.query.slice(error.column)];
  const cut = before.length > SHOWN;
  const start = (cut ? `…${before.slice(-SHOWN).join('')}` : before.join('')).replace(/\p{C}/gu, ' ');
  const end = after.length > SHOWN ? `${after.slice(0, SHOWN).join('')}…` : after.join('');
  return `${error.message}\n  ${start}${end.replace(/\p{C}/gu, ' ')}\n  ${' '.repeat([...start].length)}^`;
}
