import { parseQuery } from '../query/index.ts';
import { compileRows } from './row-test.ts';
import type { RowTest } from './stage-rows.ts';

/** A query of the configuration as a test of rows; without a query, all rows match. */
export function matchOf(text: string | undefined): RowTest {
  return compileRows(text === undefined ? { kind: 'all' } : parseQuery(text, { now: 0 }));
}
