import { QueryError } from './error.ts';
import { parseQuery } from './parse.ts';

/** Why a text of the configuration is not a query, to be put after the text; undefined if it is one. */
export function queryFault(text: string): string | undefined {
  try {
    parseQuery(text, { now: 0 });
    return undefined;
  } catch (error) {
    if (error instanceof QueryError) return `is not a query: ${error.reason}`;
    throw error;
  }
}
