import type { LogMessage } from '../../model/message.ts';
import type { Query } from '../../model/query.ts';
import type { Searchable } from '../context.ts';

/** Messages kept in memory to reverse their order; for more, the store is asked twice. */
const BUFFERED = 2000;

export type Choice = {
  /** The order of the answer. */
  readonly order: 'oldest' | 'newest';
  /** The most messages, counted from `from`. */
  readonly limit: number | undefined;
  readonly from: 'start' | 'end';
  /** Whether `low` and `high` must be known before the first message. */
  readonly bounded: boolean;
};

export type Picked = {
  readonly messages: AsyncIterable<LogMessage>;
  /** The same as the store gave them, in place of `messages`: faster for very many. Absent if there is a limit. */
  readonly chunks?: () => AsyncIterable<readonly LogMessage[]>;
  /** The first and the last id that the limit leaves, inclusive. */
  readonly low?: string;
  readonly high?: string;
  /** Whether the limit cut the answer; final once `messages` has ended. */
  limited(): boolean;
};

/** The messages of a query within a limit, in the order asked for. */
export async function pick(store: Searchable, query: Query, choice: Choice, signal: AbortSignal): Promise<Picked> {
  const { order, limit, from } = choice;
  if (limit === undefined) {
    const all = { ...query, order };
    return { messages: stream(store, all, signal), chunks: () => store.find(all, signal), limited: () => false };
  }
  const counted = from === 'start' ? 'oldest' : 'newest';
  if (counted === order && !choice.bounded) return counting(store, { ...query, order }, limit, signal);
  const beginning: LogMessage[] = [];
  let furthest: LogMessage | undefined;
  let count = 0;
  for await (const message of stream(store, { ...query, order: counted, limit: limit + 1 }, signal)) {
    if (count++ === limit) break;
    furthest = message;
    if (limit <= BUFFERED) beginning.push(message);
  }
  const limited = () => count > limit;
  if (!furthest) return { messages: listed([]), limited };
  const edge = from === 'start' ? { high: furthest._id } : { low: furthest._id };
  if (limit > BUFFERED) return { messages: within(store, { ...query, order }, furthest, signal), ...edge, limited };
  return { messages: listed(counted === order ? beginning : beginning.reverse()), ...edge, limited };
}

/** The messages of a query one by one. */
export async function* stream(store: Searchable, query: Query, signal: AbortSignal): AsyncGenerator<LogMessage> {
  // `yield*` would make a promise more for each message.
  for await (const chunk of store.find(query, signal)) for (const message of chunk) yield message;
}

function counting(store: Searchable, query: Query, limit: number, signal: AbortSignal): Picked {
  let count = 0;
  const messages = async function* () {
    for await (const message of stream(store, { ...query, limit: limit + 1 }, signal)) {
      if (count++ === limit) return;
      yield message;
    }
  };
  return { messages: messages(), limited: () => count > limit };
}

/** From the furthest message to the end at which counting began, or the other way round. */
async function* within(
  store: Searchable,
  query: Query,
  furthest: LogMessage,
  signal: AbortSignal,
): AsyncGenerator<LogMessage> {
  const at = furthest.received_at.getTime();
  if (query.order === 'oldest') {
    for await (const message of stream(store, { ...query, since: at }, signal)) {
      if (message._id >= furthest._id) yield message;
    }
  } else {
    for await (const message of stream(store, { ...query, until: at + 1 }, signal)) {
      if (message._id <= furthest._id) yield message;
    }
  }
}

async function* listed(messages: readonly LogMessage[]): AsyncGenerator<LogMessage> {
  yield* messages;
}
