import type { LogMessage } from '../model/message.ts';
import type { Grouping, Query } from '../model/query.ts';
import type { StoreReader } from './contract.ts';

type Chunks = AsyncIterable<readonly LogMessage[]>;

/** A store and a second one of messages that the first does not hold, as one; stats and state are the first's. */
export function joinStores(first: StoreReader, second: StoreReader): StoreReader {
  return {
    find: (query, signal) => merge(query, first.find(query, signal), second.find(query, signal)),
    aggregate: (query, grouping, signal) => addGroups([first, second], { query, grouping, signal }),
    fieldNames: async (query, signal) => {
      const counts = new Map<string, number>();
      for (const store of [first, second]) {
        for (const { name, count } of await store.fieldNames(query, signal)) {
          counts.set(name, (counts.get(name) ?? 0) + count);
        }
      }
      return Array.from(counts, ([name, count]) => ({ name, count }));
    },
    stats: () => first.stats(),
    retained: () => first.retained(),
    retain: (retention) => {
      first.retain(retention);
      second.retain(retention);
    },
    get damaged() {
      return first.damaged;
    },
    oldest: async () => (await first.oldest()) ?? (await second.oldest()),
    safe: (node) => first.safe(node),
    heldAfter: (position) => first.heldAfter(position),
    state: (namespace) => first.state(namespace),
    [Symbol.asyncDispose]: async () => {
      await second[Symbol.asyncDispose]();
      await first[Symbol.asyncDispose]();
    },
  };
}

/** Both in the order of `_id`, `limit` messages at most. */
async function* merge(query: Query, ...sources: readonly Chunks[]): AsyncGenerator<readonly LogMessage[]> {
  const [a, b] = sources.map((source) => new Peek(source)) as [Peek, Peek];
  let left = query.limit ?? Infinity;
  try {
    while (left > 0) {
      const [one, other] = [await a.peek(), await b.peek()];
      if (!one && !other) return;
      const from = !other || (one && isBefore(one, other, query.order)) ? a : b;
      const bound = from === a ? other : one;
      const run = from.takeWhile((message) => !bound || isBefore(message, bound, query.order)).slice(0, left);
      left -= run.length;
      yield run;
    }
  } finally {
    await Promise.all([a.close(), b.close()]);
  }
}

function isBefore(one: LogMessage, other: LogMessage, order: Query['order']): boolean {
  return order === 'oldest' ? one._id < other._id : one._id > other._id;
}

/** Looks one message ahead in chunks. */
class Peek {
  readonly #iterator: AsyncIterator<readonly LogMessage[]>;
  #chunk: readonly LogMessage[] = [];
  #at = 0;

  constructor(source: Chunks) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  async peek(): Promise<LogMessage | undefined> {
    while (this.#at >= this.#chunk.length) {
      const { done, value } = await this.#iterator.next();
      if (done) return undefined;
      this.#chunk = value;
      this.#at = 0;
    }
    return this.#chunk[this.#at];
  }

  /** The next messages of the chunk at hand for which `holds`; at least what `peek` gave. */
  takeWhile(holds: (message: LogMessage) => boolean): readonly LogMessage[] {
    const start = this.#at;
    while (this.#at < this.#chunk.length && holds(this.#chunk[this.#at]!)) this.#at++;
    return this.#chunk.slice(start, this.#at);
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }
}

type Counting = { readonly query: Query; readonly grouping: Grouping; readonly signal: AbortSignal };

async function addGroups(stores: readonly StoreReader[], { query, grouping, signal }: Counting) {
  const groups = new Map<string, { values: readonly (string | number | null)[]; at?: number; count: number }>();
  for (const store of stores) {
    for (const group of await store.aggregate(query, grouping, signal)) {
      const key = JSON.stringify([group.at, group.values]);
      const sum = groups.get(key);
      if (sum) sum.count += group.count;
      else groups.set(key, { ...group });
    }
  }
  return [...groups.values()];
}
