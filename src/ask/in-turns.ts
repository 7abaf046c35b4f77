import { Semaphore } from '../base/semaphore.ts';
import type { Searchable } from './context.ts';

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
