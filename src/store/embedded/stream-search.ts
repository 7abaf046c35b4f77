import type { LogMessage } from '../../model/message.ts';
import type { Query } from '../../model/query.ts';
import type { BlockSearch } from '../blocks/contract.ts';
import { compileSearch } from '../blocks/index.ts';
import { above, type IdRange } from './bounds.ts';
import { Yielder } from './yielder.ts';
import type { ScannedBlock, Scan } from './scan.ts';

/** Messages yielded at a time. */
const CHUNK = 256;
/** Characters of messages yielded at a time, about. */
const CHUNK_LENGTH = 256 << 10;

/** How long the blocks of a search are kept while its messages are not taken, ms: an asker may stop reading. */
const PARK_MS = 1000;

/** A block that is being read, in turns. */
type Reading = {
  readonly turns: Generator<readonly LogMessage[]>;
  readonly attempt: ScannedBlock['attempt'];
  /** No further message of it comes before this `_id`. */
  frontier: string;
  /** The ids that are left, from the messages on that were found in it. */
  left: IdRange;
};

/** A search through one stream, block by block, with the messages found and not taken yet. */
export class StreamSearch {
  readonly #scan: Scan;
  readonly #search: BlockSearch;
  readonly #query: Query;
  readonly #newest: boolean;
  #found: readonly LogMessage[] = [];
  #next = 0;
  #reading: Reading | undefined;

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
    if (this.#reading) return this.#reading.frontier;
    const span = this.#scan.peek();
    return this.#newest ? span?.last : span?.first;
  }

  take(): LogMessage {
    return this.#found[this.#next++]!;
  }

  /** Searches on, in the current block or the next one, for at most `limit` messages. */
  step(limit: number): void {
    if (this.#reading) {
      this.#reading.attempt(() => this.#turn());
      return;
    }
    const left = this.#scan.bounds;
    this.#scan.visit((block) => {
      const { parts, straddles, span, atOnce, attempt } = block;
      if (!this.#search.canHold(parts)) return;
      atOnce(() => {
        const turns = straddles ? this.#findRest(block, limit) : this.#search.findInTurns(parts, limit);
        this.#reading = { turns, attempt, frontier: this.#newest ? span.last : span.first, left };
        this.#turn();
      });
    });
  }

  /** Lets go of the current block, which is fetched again when the search goes on. */
  park(): void {
    if (!this.#reading) return;
    this.#reading.turns.return(undefined);
    this.#scan.goBack(this.#reading.left);
    this.#reading = undefined;
  }

  /** Takes the next turn in the current block. */
  #turn(): void {
    const reading = this.#reading!;
    // Stays so if the turn throws.
    this.#reading = undefined;
    const { done, value } = reading.turns.next();
    if (done) return;
    this.#found = value;
    this.#next = 0;
    const last = value.at(-1)?._id;
    if (last !== undefined) {
      const { low, high } = reading.left;
      reading.frontier = last;
      reading.left = this.#newest ? { low, high: last } : { low: above(last), high };
    }
    this.#reading = reading;
  }

  /** The matches of a merged block that were not scanned yet. */
  *#findRest({ parts }: ScannedBlock, limit: number): Generator<readonly LogMessage[]> {
    const { low, high } = this.#scan.bounds;
    if (this.#newest) yield* compileSearch({ ...this.#query, before: high }).findInTurns(parts, limit);
    else
      for (const found of this.#search.findInTurns(parts, Infinity)) {
        yield found.filter(({ _id }) => _id >= low);
      }
  }
}

export type MergeOptions = { readonly newest: boolean; readonly limit: number; readonly signal: AbortSignal };

/**
 * Merges searches in order of `_id`; a search continues only if it may have the next message. However it ends, no block
 * is kept: V8 would collect what was unpacked of it much later.
 */
export async function* mergeSearches(
  searches: readonly StreamSearch[],
  options: MergeOptions,
): AsyncGenerator<readonly LogMessage[]> {
  try {
    yield* merged(searches, options);
  } finally {
    for (const search of searches) search.park();
  }
}

async function* merged(
  searches: readonly StreamSearch[],
  { newest, limit, signal }: MergeOptions,
): AsyncGenerator<readonly LogMessage[]> {
  const yielder = new Yielder();
  let chunk: LogMessage[] = [];
  let length = 0;
  let left = limit;
  while (left > 0 && !signal.aborted) {
    const next = nearest(searches, newest);
    if (!next) break;
    if (next.head) {
      const message = next.take();
      chunk.push(message);
      length += message.message.length;
      left--;
    } else {
      next.step(left);
    }
    if (chunk.length >= CHUNK || length >= CHUNK_LENGTH || (chunk.length > 0 && yielder.due())) {
      yield* parkedAfterAWhile(chunk, searches);
      chunk = [];
      length = 0;
    }
    if (yielder.due()) await yielder.yield();
  }
  if (chunk.length > 0 && !signal.aborted) yield chunk;
}

/** Yields a chunk, and lets go of blocks if it is not taken for a while. */
function* parkedAfterAWhile(
  chunk: readonly LogMessage[],
  searches: readonly StreamSearch[],
): Generator<readonly LogMessage[]> {
  const timer = setTimeout(() => {
    for (const search of searches) search.park();
  }, PARK_MS).unref();
  try {
    yield chunk;
  } finally {
    clearTimeout(timer);
  }
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
