import type { Searchable } from './context.ts';

/** Admits a fixed number of holders at a time; the others wait in order of arrival. */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(permits: number) {
    this.#free = permits;
  }

  /** Resolves with a permit, which disposing of it returns. @throws the signal's reason once the signal aborts */
  async acquire(signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (held) this.#release();
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

  #release(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}

/** Questions that read the store at the same time; the others wait. */
const MAX_CONCURRENT = 8;

/** The store as all askers together may use it: some questions read it, the others wait for their turn. */
export function inTurns(store: Searchable): Searchable {
  return limitConcurrency(store, new Semaphore(MAX_CONCURRENT));
}

/**
 * The store behind a semaphore, so that the memory of concurrent questions stays bounded. A search holds a permit only
 * while it looks for its next chunk: a client that reads slowly, or follows, does not block others.
 */
function limitConcurrency(store: Searchable, semaphore: Semaphore): Searchable {
  return {
    find: async function* (query, signal) {
      const chunks = store.find(query, signal)[Symbol.asyncIterator]();
      try {
        while (!signal.aborted) {
          const { done, value } = await next(chunks, semaphore, signal);
          if (done) return;
          yield value;
        }
      } finally {
        await chunks.return?.();
      }
    },
    aggregate: async (query, grouping, signal) => {
      using _permit = await semaphore.acquire(signal);
      return await store.aggregate(query, grouping, signal);
    },
    fieldNames: async (query, signal, atMost) => {
      using _permit = await semaphore.acquire(signal);
      return await store.fieldNames(query, signal, atMost);
    },
    stats: () => store.stats(),
    retentionEdges: () => store.retentionEdges(),
    get damaged() {
      return store.damaged;
    },
    oldest: () => store.oldest(),
  };
}

async function next<Chunk>(
  chunks: AsyncIterator<Chunk>,
  semaphore: Semaphore,
  signal: AbortSignal,
): Promise<IteratorResult<Chunk, unknown>> {
  using _permit = await semaphore.acquire(signal);
  return await chunks.next();
}
