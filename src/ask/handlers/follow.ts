import type { LogMessage } from '../../model/message.ts';
import type { Query } from '../../model/query.ts';
import type { AnswerContext } from '../context.ts';
import type { SearchRow } from '../contract.ts';
import { type Cursor, cursorOf, cutAt, formatCursor, furthest } from '../../model/cursor.ts';
import { withCursors } from './cursors.ts';
import { FreshGaps } from './gaps.ts';
import { stream } from './pick.ts';

/** Time after which a follower gets a cursor even if nothing matched, ms. */
const IDLE_MS = 10_000;
/** Time to wait for new messages before gaps are checked again, ms. */
const WAIT_MS = 1000;

/** What a follower has seen, and the visible ids at that time. */
export type FollowStart = { readonly seen: Cursor; readonly upTo: readonly string[] };

/**
 * Matching messages as they become visible, each once and in order of arrival within each step, until the signal aborts.
 * A cursor follows the messages that it covers. @returns the last cursor
 */
export async function* follow(
  wanted: Pick<Query, 'filter' | 'since'>,
  start: FollowStart,
  context: Pick<AnswerContext, 'store' | 'visible' | 'changed' | 'coverage' | 'now'>,
  signal: AbortSignal,
): AsyncGenerator<SearchRow | { _cursor: string }, string> {
  const { store, visible, changed } = context;
  const gaps = new FreshGaps(context, wanted.filter);
  let { seen, upTo } = start;
  let shownAt = performance.now();
  yield { _cursor: formatCursor(seen) };
  while (!signal.aborted) {
    for (const gap of await gaps.next()) yield { _missing: gap };
    const reach = visible();
    if (String(reach) === String(upTo)) {
      await changed(reach, signal, WAIT_MS);
      continue;
    }
    if (isSameEnd(reach, upTo)) {
      upTo = reach;
      continue;
    }
    let last: LogMessage | undefined;
    const query = { ...wanted, after: [...seen.values()], upTo: reach, order: 'oldest' } as const;
    const cursorAt = (id: string): Cursor => furthest(seen, cutAt(cursorOf(reach), id));
    for await (const row of withCursors(stream(store, query, signal), { cursorAt })) {
      if ('_id' in row) last = row;
      yield row;
    }
    // If the signal aborted the search, it may have left out the messages after the last one.
    if (!signal.aborted) seen = furthest(seen, cursorOf(reach));
    else if (last) seen = furthest(seen, cutAt(cursorOf(reach), last._id));
    upTo = reach;
    if (signal.aborted) break;
    if (!last && performance.now() - shownAt < IDLE_MS) continue;
    shownAt = performance.now();
    yield { _cursor: formatCursor(seen) };
  }
  return formatCursor(seen);
}

/** Whether only time has passed: the last 20 digits of an id are its node and sequence, see `model/id.ts`. */
function isSameEnd(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id.slice(-20) === b[index]!.slice(-20));
}
