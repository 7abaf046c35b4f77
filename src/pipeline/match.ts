import { parseQuery } from '../query/index.ts';
import { compileRows, type RowTest } from './row-test.ts';

/** A query of the configuration as a test of rows; all of them where there is none. */
export function matchOf(text: string | undefined): RowTest {
  return compileRows(text === undefined ? { kind: 'all' } : parseQuery(text, { now: 0 }));
}
