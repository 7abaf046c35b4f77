import type { Gap } from '../../account/contract.ts';
import { CordwoodError } from '../../base/errors.ts';
import { arrivalOf, encodeId, nodeOf } from '../../model/id.ts';
import { compile } from '../../model/matches.ts';
import type { LogMessage } from '../../model/message.ts';
import type { Query } from '../../model/query.ts';
import type { AnswerContext } from '../context.ts';
import type { Answer, End, SearchParams, SearchRow } from '../contract.ts';
import {
  boundedBy,
  type Cursor,
  cursorOf,
  cutAt,
  formatCursor,
  furthest,
  nearest,
  parseCursor,
} from '../../model/cursor.ts';
import { gapsIn, type Selection, select, uncovered } from '../scope.ts';
import { withCursors } from './cursors.ts';
import { follow } from './follow.ts';
import { chunksWithGaps, type GapEdges, withGaps } from './gaps.ts';
import { type Choice, type Picked, pick } from './pick.ts';
import { surrounded } from './surroundings.ts';

type Search = {
  readonly params: SearchParams;
  readonly selection: Selection;
  /** Where the search begins; empty without a cursor. */
  readonly start: Cursor;
  readonly query: Query & { readonly upTo: readonly string[] };
  /** A cursor must not go beyond these ids, even if messages beyond are shown. */
  readonly visible: readonly string[];
  readonly context: AnswerContext;
  readonly signal: AbortSignal;
};

/** The rows of an answer, some at a time. */
export type Chunks = AsyncGenerator<readonly (SearchRow | { _cursor: string })[], End>;

/** Messages of a scope, in order of arrival. @throws at once if the question cannot be read */
export function search(params: SearchParams, context: AnswerContext, signal: AbortSignal): Answer<'search'> {
  return oneByOne(searchInChunks(params, context, signal));
}

/** The same many rows at a time, which is faster for very many. */
export function searchInChunks(params: SearchParams, context: AnswerContext, signal: AbortSignal): Chunks {
  if (params.follow) checkFollow(params);
  const start: Cursor = params.cursor === undefined ? new Map() : parseCursor(params.cursor);
  const selection = select(params, context, params.cursor !== undefined, params.follow);
  const query = start.size > 0 ? { ...selection.query, after: [...start.values()] } : paged(selection.query, params);
  return answer({ params, selection, start, query, visible: context.visible(), context, signal });
}

async function* oneByOne(chunks: Chunks): Answer<'search'> {
  for (;;) {
    const { done, value } = await chunks.next();
    if (done) return value;
    for (const row of value) yield row;
  }
}

/** The query within the bounds of a page. */
function paged(query: Search['query'], { olderThan, newerThan, upTo: first }: SearchParams): Search['query'] {
  const upTo = first ? boundedBy(query.upTo, first) : query.upTo;
  return {
    ...query,
    upTo,
    ...(olderThan !== undefined && { before: olderThan }),
    ...(newerThan !== undefined && { after: [...cutAt(cursorOf(upTo), newerThan).values()] }),
  };
}

/** Whether a gap belongs on a page: each is on one page of an answer. */
function isOnPage({ from }: Gap, { olderThan, newerThan }: SearchParams): boolean {
  if (olderThan !== undefined && from > arrivalOf(olderThan)) return false;
  return newerThan === undefined || from > arrivalOf(newerThan);
}

function checkFollow({ until, before, after, order, from }: SearchParams): void {
  const refused =
    (until !== undefined && 'up to a time (-U)') ||
    ((before || after) && 'with lines of context (-A, -B, -C)') ||
    (order === 'newest' && 'newest first (-r)') ||
    (from === 'start' && 'from the oldest messages (-n +N)');
  if (refused) throw new CordwoodError('ERR_USAGE', `cannot follow ${refused}: leave out one of the two`);
}

async function* answer(search: Search): Chunks {
  const { params, selection, context, signal } = search;
  const picked = await pick(context.store, search.query, choiceOf(params), signal);
  let last: LogMessage | undefined;
  const gaps = (await gapsIn(selection, context)).filter((gap) => isOnPage(gap, params));
  if (picked.chunks && !params.follow && !params.before && !params.after) {
    yield* chunksWithGaps(picked.chunks(), gaps, edgesOf(search, picked));
  } else {
    const rows = withGaps(rowsOf(picked, search), gaps, edgesOf(search, picked));
    const cursorAt = (id: string): Cursor => seenBy(search, id);
    const begins = params.limit !== undefined;
    for await (const row of params.follow ? withCursors(rows, { cursorAt, begins }) : rows) {
      if ('_id' in row && !row._context) last = row;
      yield [row];
    }
  }
  const limited = picked.limited();
  const seen = seenBy(search, limited && params.from === 'start' ? (last?._id ?? '') : undefined);
  const covered = await uncovered(selection, context, gaps);
  const reasons = [...strangers(search), ...(covered.uncovered ?? [])];
  const end: End = {
    ...selection.window,
    ...(limited && { limited }),
    ...covered,
    ...(reasons.length > 0 && { uncovered: reasons }),
  };
  if (!params.follow) return { ...end, ...(seen.size > 0 && { cursor: formatCursor(seen) }) };
  const { filter, upTo } = search.query;
  const rest = follow({ filter, ...ahead(params, context) }, { seen, upTo }, context, signal);
  for (;;) {
    const { done, value } = await rest.next();
    if (done) return { ...end, cursor: value };
    yield [value];
  }
}

/**
 * A beginning in the future bounds what a follower gets. Any other only says where it begins: what another receiver
 * stores late arrived before that, and is shown as it is to a follower that goes on from a cursor.
 */
function ahead({ since }: SearchParams, { now }: AnswerContext): { readonly since?: number } {
  return typeof since === 'number' && since > now() ? { since } : {};
}

/** Says which nodes of the cursor have stored nothing here: the cursor is of another store, or the store began again. */
function strangers({ start, visible }: Search): string[] {
  const known = new Set(visible.map(nodeOf));
  const unknown = [...start.keys()].filter((node) => !known.has(node));
  if (unknown.length === 0) return [];
  const nodes = `${unknown.length === 1 ? 'node' : 'nodes'} ${unknown.join(', ')}`;
  return [`the cursor is of another store: ${nodes} stored nothing here; other nodes are read as far as it names them`];
}

/** The side on which a limit cuts the answer: gaps beyond are not shown. */
function edgesOf({ params }: Search, picked: Picked): GapEdges {
  const { order = 'oldest', from = 'end' } = params;
  const counted = from === 'start' ? 'oldest' : 'newest';
  return { order, cut: () => picked.limited() && (counted === order ? 'after' : 'before') };
}

function choiceOf({ order = 'oldest', limit, from = 'end', before, after }: SearchParams): Choice {
  return { order, limit, from, bounded: Boolean(before || after) };
}

function rowsOf(picked: Picked, { params, query, context, signal }: Search): AsyncIterable<SearchRow> {
  const { before = 0, after = 0, order = 'oldest' } = params;
  if (before === 0 && after === 0) return picked.messages;
  const { upTo } = query;
  const isMatch = matchTest(query, picked);
  return surrounded(picked.messages, { store: context.store, order, before, after, upTo, isMatch, signal });
}

/** Makes the test whether a line near a match is itself a match of this search. */
function matchTest(
  { filter, since = -Infinity, until = Infinity, after = [], before = 'g' }: Query,
  { low = '', high = 'g' }: Picked,
) {
  const matches = compile(filter);
  const start = cursorOf(after);
  return (message: LogMessage): boolean => {
    const at = message.received_at.getTime();
    if (at < since || at >= until || message._id < low || message._id > high || message._id >= before) return false;
    return message._id > (start.get(nodeOf(message._id)) ?? '') && matches(message);
  };
}

/** What the client has seen after the whole answer: all that is visible, within the window and the limit. */
function seenBy({ start, query, visible, selection }: Search, lastShown: string | undefined): Cursor {
  let seen = nearest(cursorOf(query.upTo), cursorOf(visible));
  const { until } = selection.window;
  if (until !== undefined)
    seen = cutAt(seen, encodeId(Math.max(0, Math.ceil(until) - 1), 0xffff, Number.MAX_SAFE_INTEGER));
  if (lastShown === '') return start;
  return furthest(start, lastShown === undefined ? seen : cutAt(seen, lastShown));
}
