import { CordwoodError, reasonOf, systemCode } from '../../base/errors.ts';
import { RAISE_OPEN_FILES } from '../../base/machine/open-files.ts';
import { visible } from './escape.ts';

/** The system's codes if a process, or the whole system, has too many open files. */
const TOO_MANY: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE']);

/** An error for people: with a caret under the column if it is about a query, with its stack if it is a bug. */
export async function errorText(error: unknown): Promise<string> {
  if (TOO_MANY.has(systemCode(error) ?? '')) {
    return `cordwood: cannot open another file: ${reasonOf(error)}; ${RAISE_OPEN_FILES}`;
  }
  if (!(error instanceof CordwoodError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const lines = hasColumn(error) ? (await import('../../query/index.ts')).showCaret(error) : error.message;
  return `cordwood: ${lines.split('\n').map(visible).join('\n')}`;
}

function hasColumn(error: Error): error is CordwoodError & { query: string; column: number } {
  return 'query' in error && typeof error.query === 'string' && 'column' in error && typeof error.column === 'number';
}
