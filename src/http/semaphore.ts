import type { Searchable } from '../ask/index.ts';

/** Lets so many in at once and the rest wait in order. */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /** Resolves when it is the caller's turn, until what comes back is disposed of. @throws the signal's reason once aborted */
  async take(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (held) this.#pass();
        held = false;
      },
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const enter = () => {
      signal.removeEventListener('abort', leave);
      resolve();
    };
    const leave = () => {
      this.#waiting.splice(this.#waiting.indexOf(enter), 1);
      reject(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
    this.#waiting.push(enter);
    return promise;
  }

  #pass(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}

/**
 * The store, asked for so much at once that memory stays bounded. A search has its turn only while it looks for its
 * next chunk: someone who reads slowly, or follows, keeps nobody waiting.
 */
export function limitConcurrency(store: Searchable, turns: Semaphore): Searchable {
  return {
    find: async function* (query, signal) {
      const chunks = store.find(query, signal)[Symbol.asyncIterator]();
      try {
        while (!signal.aborted) {
          const { done, value } = await next(chunks, turns, signal);
          if (done) return;
          yield value;
        }
      } finally {
        await chunks.return?.();
      }
    },
    aggregate: async (query, grouping, signal) => {
      using _turn = await turns.take(signal);
      return await store.aggregate(query, grouping, signal);
    },
    fieldNames: async (query, signal) => {
      using _turn = await turns.take(signal);
      return await store.fieldNames(query, signal);
    },
    stats: () => store.stats(),
    retained: () => store.retained(),
    get damaged() {
      return store.damaged;
    },
    oldest: () => store.oldest(),
  };
}

async function next<Chunk>(
  chunks: AsyncIterator<Chunk>,
  turns: Semaphore,
  signal: AbortSignal,
): Promise<IteratorResult<Chunk, unknown>> {
  using _turn = await turns.take(signal);
  return await chunks.next();
}
