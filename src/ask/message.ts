import { decodeId } from '../model/id.ts';
import type { LogMessage } from '../model/message.ts';
import type { Query } from '../model/query.ts';
import type { RetentionEdge } from '../store/contract.ts';
import type { AnswerContext } from './context.ts';
import type { SearchRow } from './contract.ts';
import { withGaps } from './handlers/gaps.ts';
import { stream } from './handlers/pick.ts';
import { surrounded } from './handlers/surroundings.ts';
import { mayBeRelevant } from './relevance.ts';

/** A message by its id, with the lines of its host around it, or what retention may have removed it with. */
export type FoundMessage =
  | { readonly message: LogMessage; readonly rows: readonly SearchRow[] }
  | { readonly message?: undefined; readonly edges: readonly RetentionEdge[] };

type Around = { readonly before: number; readonly after: number };

/**
 * Finds a message by its id. If it is not there, `edges` has the streams whose retention has passed its arrival; empty if
 * none has, so that it never was there.
 */
export async function findMessage(
  id: string,
  { before, after }: Around,
  context: AnswerContext,
  signal: AbortSignal,
): Promise<FoundMessage> {
  const position = decodeId(id);
  if (!position) return { edges: [] };
  const { store } = context;
  const at = position.receivedAt;
  const upTo = context.shown?.() ?? context.visible();
  const query: Query = { filter: { kind: 'all' }, since: at, until: at + 1, upTo, order: 'oldest' };
  const message = await first(stream(store, query, signal), ({ _id }) => _id === id);
  if (!message) return { edges: (await store.retentionEdges()).filter(({ until }) => at < until) };
  const isMatch = ({ _id }: LogMessage): boolean => _id === id;
  const lines = surrounded(only(message), { store, order: 'oldest', before, after, upTo, isMatch, signal });
  return { message, rows: await withGapsBetween(lines, context) };
}

async function withGapsBetween(lines: AsyncIterable<SearchRow>, { coverage }: AnswerContext): Promise<SearchRow[]> {
  const rows = await Array.fromAsync(lines);
  const arrivals = rows.flatMap((row) => ('received_at' in row ? [row.received_at.getTime()] : []));
  const gaps = await coverage.gaps(Math.min(...arrivals), Math.max(...arrivals) + 1);
  const relevant = gaps.filter((gap) => mayBeRelevant({ kind: 'all' }, gap));
  return await Array.fromAsync(withGaps(listed(rows), relevant, { order: 'oldest', cut: () => false }));
}

async function* only(message: LogMessage): AsyncGenerator<LogMessage> {
  yield message;
}

async function* listed(rows: readonly SearchRow[]): AsyncGenerator<SearchRow> {
  yield* rows;
}

async function first<Row>(rows: AsyncIterable<Row>, fits: (row: Row) => boolean): Promise<Row | undefined> {
  for await (const row of rows) if (fits(row)) return row;
  return undefined;
}
