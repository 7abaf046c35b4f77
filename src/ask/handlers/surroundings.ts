import type { Filter } from '../../model/filter.ts';
import type { LogMessage } from '../../model/message.ts';
import type { Query } from '../../model/query.ts';
import { fold } from '../../model/tokens.ts';
import type { Searchable } from '../context.ts';
import type { SearchRow } from '../contract.ts';

/** Rows of the first page that is read from the store. */
const PAGE = 64;

export type Surroundings = {
  readonly store: Searchable;
  readonly order: 'oldest' | 'newest';
  /** Lines of the same host before and after a match. */
  readonly before: number;
  readonly after: number;
  readonly upTo: readonly string[];
  /** Whether a neighbour is itself a match. */
  readonly isMatch: (message: LogMessage) => boolean;
  readonly signal: AbortSignal;
};

/**
 * Matches with the lines of the same host around them, as grep shows context: runs that touch are joined, no line comes
 * twice, and a gap row separates runs.
 */
export async function* surrounded(matches: AsyncIterable<LogMessage>, wanted: Surroundings): AsyncGenerator<SearchRow> {
  const { order } = wanted;
  const [leading, trailing] = order === 'oldest' ? [wanted.before, wanted.after] : [wanted.after, wanted.before];
  const shownUpTo = new Map<string | undefined, LogMessage>();
  let lastHost: string | undefined;
  let first = true;
  for await (const match of matches) {
    const host = match.hostname === undefined ? undefined : fold(match.hostname);
    const edge = shownUpTo.get(host);
    if (edge && !isBeyond(match, edge, order)) continue;
    const lead = await backwards(match, leading, wanted);
    const touching = edge !== undefined && lead.some(({ _id }) => _id === edge._id);
    if (!first && !(touching && host === lastHost)) yield { _gap: true };
    for (const row of lead.slice(0, leading).reverse()) {
      if (!edge || isBeyond(row, edge, order)) yield { ...row, _context: true };
    }
    yield match;
    let last = match;
    for await (const row of trail(match, trailing, wanted)) {
      last = row;
      yield wanted.isMatch(row) ? row : { ...row, _context: true };
    }
    shownUpTo.set(host, last);
    lastHost = host;
    first = false;
  }
}

/** Up to `count` + 1 lines before the match in the order of the answer, the nearest first. */
async function backwards(match: LogMessage, count: number, wanted: Surroundings): Promise<LogMessage[]> {
  const lines: LogMessage[] = [];
  const order = wanted.order === 'oldest' ? 'newest' : 'oldest';
  for await (const line of neighbours(match, { ...wanted, order })) {
    lines.push(line);
    if (lines.length > count) break;
  }
  return lines;
}

/** The lines after the match in the order of the answer; each further match among them restarts the count. */
async function* trail(match: LogMessage, count: number, wanted: Surroundings): AsyncGenerator<LogMessage> {
  if (count === 0) return;
  let left = count;
  for await (const line of neighbours(match, wanted)) {
    left = wanted.isMatch(line) ? count : left - 1;
    yield line;
    if (left === 0) return;
  }
}

/** The lines of the same host after a message, read page by page because usually only a few are needed. */
async function* neighbours(from: LogMessage, { store, order, upTo, signal }: Surroundings): AsyncGenerator<LogMessage> {
  const filter = sameHost(from);
  let edge = from;
  for (let limit = PAGE; ; limit *= 2) {
    const at = edge.received_at.getTime();
    const query: Query = { filter, upTo, order, limit, ...(order === 'oldest' ? { since: at } : { until: at + 1 }) };
    let count = 0;
    for await (const chunk of store.find(query, signal)) {
      count += chunk.length;
      for (const message of chunk) {
        if (!isBeyond(message, edge, order)) continue;
        edge = message;
        yield message;
      }
    }
    if (count < limit) return;
  }
}

function isBeyond(message: LogMessage, edge: LogMessage, order: 'oldest' | 'newest'): boolean {
  return order === 'oldest' ? message._id > edge._id : message._id < edge._id;
}

function sameHost({ hostname }: LogMessage): Filter {
  if (hostname === undefined) return { kind: 'not', of: { kind: 'exists', field: 'hostname' } };
  return { kind: 'equals', field: 'hostname', value: fold(hostname) };
}
