import type { LogMessage } from '../../model/message.ts';
import type { Query } from '../../model/query.ts';
import type { BlockSearch } from '../blocks/contract.ts';
import { compileSearch } from '../blocks/index.ts';
import { Yielder } from './yielder.ts';
import type { ScannedBlock, Scan } from './scan.ts';

/** Messages handed over at a time. */
const CHUNK = 256;

/** A search through one stream, block by block: what was found and not taken yet, and how far it has looked. */
export class StreamSearch {
  readonly #walk: Scan;
  readonly #search: BlockSearch;
  readonly #query: Query;
  readonly #newest: boolean;
  #found: LogMessage[] = [];
  #taken = 0;

  constructor(walk: Scan, search: BlockSearch, query: Query) {
    this.#walk = walk;
    this.#search = search;
    this.#query = query;
    this.#newest = query.order === 'newest';
  }

  get head(): LogMessage | undefined {
    return this.#found[this.#taken];
  }

  /** The `_id` before which nothing more comes from here; undefined at the end. */
  get frontier(): string | undefined {
    const head = this.head;
    if (head) return head._id;
    const span = this.#walk.peek();
    return this.#newest ? span?.last : span?.first;
  }

  take(): LogMessage {
    return this.#found[this.#taken++]!;
  }

  /** Looks into the next block for at most `limit` messages. */
  step(limit: number): void {
    this.#walk.visit((found) => {
      if (!this.#search.canHold(found.parts)) return;
      found.atOnce(() => {
        this.#found = found.straddles ? this.#findRest(found, limit) : this.#search.find(found.parts, limit);
        this.#taken = 0;
      });
    });
  }

  /** Of a block that was merged on the way, what lies beyond the place that was reached. */
  #findRest({ parts }: ScannedBlock, limit: number): LogMessage[] {
    const { low, high } = this.#walk.bounds;
    if (this.#newest) return compileSearch({ ...this.#query, before: high }).find(parts, limit);
    return this.#search
      .find(parts, Infinity)
      .filter(({ _id }) => _id >= low)
      .slice(0, limit);
  }
}

export type MergeOptions = { readonly newest: boolean; readonly limit: number; readonly signal: AbortSignal };

/** What several searches find, as one in order of `_id`; a search looks on only where it might have the next message. */
export async function* merged(
  searches: readonly StreamSearch[],
  { newest, limit, signal }: MergeOptions,
): AsyncGenerator<readonly LogMessage[]> {
  const turns = new Yielder();
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
    if (chunk.length >= CHUNK || (chunk.length > 0 && turns.due())) {
      yield chunk;
      chunk = [];
    }
    if (turns.due()) await turns.yield();
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
