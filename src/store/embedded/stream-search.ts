import type { LogMessage } from '../../model/message.ts';
import type { Query } from '../../model/query.ts';
import type { BlockSearch } from '../blocks/contract.ts';
import { compileSearch } from '../blocks/index.ts';
import { Yielder } from './yielder.ts';
import type { ScannedBlock, Scan } from './scan.ts';

/** Messages yielded at a time. */
const CHUNK = 256;

/** A search through one stream, block by block, with the messages found and not taken yet. */
export class StreamSearch {
  readonly #scan: Scan;
  readonly #search: BlockSearch;
  readonly #query: Query;
  readonly #newest: boolean;
  #found: LogMessage[] = [];
  #next = 0;

  constructor(scan: Scan, search: BlockSearch, query: Query) {
    this.#scan = scan;
    this.#search = search;
    this.#query = query;
    this.#newest = query.order === 'newest';
  }

  get head(): LogMessage | undefined {
    return this.#found[this.#next];
  }

  /** No further message comes before this `_id`; undefined at the end. */
  get frontier(): string | undefined {
    const head = this.head;
    if (head) return head._id;
    const span = this.#scan.peek();
    return this.#newest ? span?.last : span?.first;
  }

  take(): LogMessage {
    return this.#found[this.#next++]!;
  }

  /** Searches the next block for at most `limit` messages. */
  step(limit: number): void {
    this.#scan.visit((found) => {
      if (!this.#search.canHold(found.parts)) return;
      found.atOnce(() => {
        this.#found = found.straddles ? this.#findRest(found, limit) : this.#search.find(found.parts, limit);
        this.#next = 0;
      });
    });
  }

  /** The matches of a merged block that were not scanned yet. */
  #findRest({ parts }: ScannedBlock, limit: number): LogMessage[] {
    const { low, high } = this.#scan.bounds;
    if (this.#newest) return compileSearch({ ...this.#query, before: high }).find(parts, limit);
    return this.#search
      .find(parts, Infinity)
      .filter(({ _id }) => _id >= low)
      .slice(0, limit);
  }
}

export type MergeOptions = { readonly newest: boolean; readonly limit: number; readonly signal: AbortSignal };

/** Merges searches in order of `_id`; a search continues only if it may have the next message. */
export async function* mergeSearches(
  searches: readonly StreamSearch[],
  { newest, limit, signal }: MergeOptions,
): AsyncGenerator<readonly LogMessage[]> {
  const yielder = new Yielder();
  let chunk: LogMessage[] = [];
  let left = limit;
  while (left > 0 && !signal.aborted) {
    const next = nearest(searches, newest);
    if (!next) break;
    if (next.head) {
      chunk.push(next.take());
      left--;
    } else {
      next.step(left);
    }
    if (chunk.length >= CHUNK || (chunk.length > 0 && yielder.due())) {
      yield chunk;
      chunk = [];
    }
    if (yielder.due()) await yielder.yield();
  }
  if (chunk.length > 0 && !signal.aborted) yield chunk;
}

function nearest(searches: readonly StreamSearch[], newest: boolean): StreamSearch | undefined {
  let best: StreamSearch | undefined;
  let bestAt: string | undefined;
  for (const search of searches) {
    const at = search.frontier;
    if (at === undefined) continue;
    if (bestAt === undefined || (newest ? at > bestAt : at < bestAt)) {
      best = search;
      bestAt = at;
    }
  }
  return best;
}
