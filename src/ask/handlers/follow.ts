import type { LogMessage } from '../../model/message.ts';
import type { Query } from '../../model/query.ts';
import type { AnswerContext } from '../context.ts';
import type { SearchRow } from '../contract.ts';
import { type Cursor, cursorOf, cutAt, formatCursor, furthest } from '../cursor.ts';
import { FreshGaps } from './gaps.ts';
import { stream } from './pick.ts';

/** ms after which a follower is told how far it has seen, even where nothing matched. */
const IDLE_MS = 10_000;
const WAIT_MS = 1000;

/** What a follower has seen, and the visible positions at that time. */
export type Begun = { readonly seen: Cursor; readonly upTo: readonly string[] };

/**
 * Matching messages as they become visible, in order of arrival within each step, each once, until the signal.
 * A cursor follows what it is true of. @returns the last cursor
 */
export async function* follow(
  wanted: Pick<Query, 'filter' | 'since'>,
  begun: Begun,
  context: Pick<AnswerContext, 'store' | 'visible' | 'changed' | 'coverage' | 'now'>,
  signal: AbortSignal,
): AsyncGenerator<SearchRow | { _cursor: string }, string> {
  const { store, visible, changed, now } = context;
  const gaps = new FreshGaps(context, wanted.filter);
  let { seen, upTo } = begun;
  let told = now();
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
    for await (const message of stream(
      store,
      { ...wanted, after: [...seen.values()], upTo: reach, order: 'oldest' },
      signal,
    )) {
      last = message;
      yield message;
    }
    // Stopped in between, the search may have left out what came next.
    if (!signal.aborted) seen = furthest(seen, cursorOf(reach));
    else if (last) seen = furthest(seen, cutAt(cursorOf(reach), last._id));
    upTo = reach;
    if (signal.aborted) break;
    if (!last && now() - told < IDLE_MS) continue;
    told = now();
    yield { _cursor: formatCursor(seen) };
  }
  return formatCursor(seen);
}

/** Whether only time has passed: the node and the sequence of each id are its last 20 digits, see `model/id.ts`. */
function isSameEnd(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, index) => id.slice(-20) === b[index]!.slice(-20));
}
