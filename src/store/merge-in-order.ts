import type { LogMessage } from '../model/message.ts';
import type { Query } from '../model/query.ts';

/** Messages in order, in chunks as they are found. */
export type Chunks = AsyncIterable<readonly LogMessage[]>;

/** Messages yielded at a time while sources alternate. */
const CHUNK = 256;

/** Merges sources that are each in order of `_id`, in that order; at most `limit` messages. */
export async function* mergeInOrder(
  sources: readonly Chunks[],
  { order, limit = Infinity }: Pick<Query, 'order' | 'limit'>,
): AsyncGenerator<readonly LogMessage[]> {
  const peeks = sources.map((source) => new Peek(source));
  let chunk: LogMessage[] = [];
  let left = limit;
  try {
    const heads = left > 0 ? await Promise.all(peeks.map((peek) => peek.head())) : [];
    while (left > 0) {
      const [from, next] = nearestTwo(heads, order);
      if (from === undefined) break;
      const bound = next === undefined ? undefined : heads[next];
      const run = peeks[from]!.takeWhile((message) => !bound || isBefore(message, bound, order)).slice(0, left);
      left -= run.length;
      chunk.push(...run);
      // Messages in hand are yielded before waiting for a source.
      if (chunk.length >= CHUNK || !peeks[from]!.buffers) {
        yield chunk;
        chunk = [];
      }
      heads[from] = left > 0 ? await peeks[from]!.head() : undefined;
    }
    if (chunk.length > 0) yield chunk;
  } finally {
    await Promise.all(peeks.map((peek) => peek.close()));
  }
}

function nearestTwo(heads: readonly (LogMessage | undefined)[], order: Query['order']): (number | undefined)[] {
  let nearest: number | undefined;
  let second: number | undefined;
  heads.forEach((head, index) => {
    if (!head) return;
    if (nearest === undefined || isBefore(head, heads[nearest]!, order)) {
      second = nearest;
      nearest = index;
    } else if (second === undefined || isBefore(head, heads[second]!, order)) second = index;
  });
  return [nearest, second];
}

function isBefore(one: LogMessage, other: LogMessage, order: Query['order']): boolean {
  return order === 'oldest' ? one._id < other._id : one._id > other._id;
}

/** Reads chunks with one message of lookahead. */
class Peek {
  readonly #iterator: AsyncIterator<readonly LogMessage[]>;
  #chunk: readonly LogMessage[] = [];
  #at = 0;

  constructor(source: Chunks) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  get buffers(): boolean {
    return this.#at < this.#chunk.length;
  }

  async head(): Promise<LogMessage | undefined> {
    while (this.#at >= this.#chunk.length) {
      const { done, value } = await this.#iterator.next();
      if (done) return undefined;
      this.#chunk = value;
      this.#at = 0;
    }
    return this.#chunk[this.#at];
  }

  /** The next messages of the current chunk that pass `test`; at least the one that `head` returned. */
  takeWhile(test: (message: LogMessage) => boolean): readonly LogMessage[] {
    const start = this.#at;
    while (this.#at < this.#chunk.length && test(this.#chunk[this.#at]!)) this.#at++;
    return this.#chunk.slice(start, this.#at);
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }
}
