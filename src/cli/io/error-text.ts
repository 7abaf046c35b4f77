import { CordwoodError } from '../../base/errors.ts';
import { visible } from './escape.ts';

/** An error as a person reads it: a query with a caret under the place, a bug of ours with its stack. */
export async function reportText(error: unknown): Promise<string> {
  if (!(error instanceof CordwoodError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const lines = hasPlace(error) ? (await import('../../query/index.ts')).showCaret(error) : error.message;
  return `cordwood: ${lines.split('\n').map(visible).join('\n')}`;
}

function hasPlace(error: Error): error is CordwoodError & { query: string; column: number } {
  return 'query' in error && typeof error.query === 'string' && 'column' in error && typeof error.column === 'number';
}
