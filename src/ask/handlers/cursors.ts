import { arrivalOf, encodeId, nodeOf, sequenceOf } from '../../model/id.ts';
import type { SearchRow } from '../contract.ts';
import { type Cursor, formatCursor } from '../../model/cursor.ts';

/** Messages after which a follower gets a cursor, although more of the same step follow. */
const EVERY = 200;

/**
 * Rows of a follower, oldest first, with a cursor after every so many messages: if the connection of a slow reader
 * breaks, it goes on near the place where it was.
 * @param options.cursorAt the cursor of a reader that has seen all up to an id
 * @param options.begins whether a cursor comes before the first message, so that a limit is not counted again later
 */
export async function* withCursors(
  rows: AsyncIterable<SearchRow>,
  { cursorAt, begins = false }: { readonly cursorAt: (id: string) => Cursor; readonly begins?: boolean },
): AsyncGenerator<SearchRow | { _cursor: string }> {
  let count = 0;
  for await (const row of rows) {
    if ('_id' in row) {
      if (begins && count === 0) yield { _cursor: formatCursor(cursorAt(before(row._id))) };
      count++;
    }
    yield row;
    if ('_id' in row && count % EVERY === 0) yield { _cursor: formatCursor(cursorAt(row._id)) };
  }
}

/** An id below this one, and not below any earlier id of the node: the ids of a node always ascend. */
function before(id: string): string {
  return encodeId(arrivalOf(id), nodeOf(id), Math.max(0, sequenceOf(id) - 1));
}
