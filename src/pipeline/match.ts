import { parseQuery } from '../query/index.ts';
import { compileRows } from './row-test.ts';
import type { RowTest } from './stage-rows.ts';

/** A query of the configuration as a test of rows; all of them where there is none. */
export function matchOf(text: string | undefined): RowTest {
  return compileRows(text === undefined ? { kind: 'all' } : parseQuery(text, { now: 0 }));
}
