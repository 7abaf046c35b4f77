import type { Gap } from '../../account/contract.ts';
import type { Filter } from '../../model/filter.ts';
import { mayBeRelevant } from '../relevance.ts';
import type { AnswerContext } from '../context.ts';
import type { SearchRow } from '../contract.ts';

export type GapEdges = {
  readonly order: 'oldest' | 'newest';
  /** The side on which a limit cuts the answer. `before` is known before the first row, `after` only after the last. */
  readonly cut: () => 'before' | 'after' | false;
};

/** Rows with the gaps among them, each before the first row (in the order of the answer) that arrived after it began. */
export async function* withGaps(
  rows: AsyncIterable<SearchRow>,
  gaps: readonly Gap[],
  edges: GapEdges,
): AsyncGenerator<SearchRow> {
  const left = new GapsLeft(gaps, edges);
  for await (const row of rows) {
    for (const gap of left.before(row)) yield { _missing: gap };
    yield row;
  }
  for (const gap of left.afterLast()) yield { _missing: gap };
}

/** The same for rows that come many at a time: a promise for each row would take longer than to write it. */
export async function* chunksWithGaps(
  chunks: AsyncIterable<readonly SearchRow[]>,
  gaps: readonly Gap[],
  edges: GapEdges,
): AsyncGenerator<readonly SearchRow[]> {
  const left = new GapsLeft(gaps, edges);
  for await (const chunk of chunks) {
    yield left.isEmpty ? chunk : chunk.flatMap((row) => [...left.before(row).map((gap) => ({ _missing: gap })), row]);
  }
  yield left.afterLast().map((gap) => ({ _missing: gap }));
}

/** The gaps that were not shown yet. */
class GapsLeft {
  readonly #left: Gap[];
  readonly #edges: GapEdges;
  #first = true;

  constructor(gaps: readonly Gap[], edges: GapEdges) {
    this.#left = edges.order === 'oldest' ? [...gaps] : gaps.toReversed();
    this.#edges = edges;
  }

  get isEmpty(): boolean {
    return this.#left.length === 0;
  }

  /** The gaps to show before a row. */
  before(row: SearchRow): Gap[] {
    if (this.isEmpty || !('received_at' in row)) return [];
    const isOldest = this.#edges.order === 'oldest';
    const at = row.received_at.getTime();
    const beyond = this.#first && this.#edges.cut() === 'before';
    this.#first = false;
    const comesBefore = ({ from }: Gap): boolean => (isOldest ? from <= at : from > at);
    const later = this.#left.findIndex((gap) => !comesBefore(gap));
    const gaps = this.#left.splice(0, later < 0 ? this.#left.length : later);
    return beyond ? gaps.filter(({ from, to }) => (isOldest ? to > at : from < at)) : gaps;
  }

  /** The gaps to show after the last row. */
  afterLast(): Gap[] {
    return this.#edges.cut() === 'after' ? [] : this.#left;
  }
}

/** How often a follower reads gaps, ms: reading them costs more than waiting for messages. */
const READ_MS = 5000;

/** The gaps that begin while a client follows, each once, as soon as they are known. */
export class FreshGaps {
  readonly #context: Pick<AnswerContext, 'coverage' | 'now'>;
  readonly #filter: Filter;
  readonly #begunAt: number;
  readonly #shown = new Set<string>();
  #readAt: number;

  constructor(context: Pick<AnswerContext, 'coverage' | 'now'>, filter: Filter) {
    this.#context = context;
    this.#filter = filter;
    this.#begunAt = context.now();
    this.#readAt = this.#begunAt;
  }

  /** The gaps that are new since the last call. */
  async next(): Promise<Gap[]> {
    const { coverage, now } = this.#context;
    const at = now();
    if (at - this.#readAt < READ_MS) return [];
    this.#readAt = at;
    const gaps = await coverage.gaps(this.#begunAt, at + 1);
    return gaps.filter((gap) => gap.from >= this.#begunAt && mayBeRelevant(this.#filter, gap) && this.#isNew(gap));
  }

  #isNew({ reason, listener, host, from }: Gap): boolean {
    const key = JSON.stringify([reason, listener, host, from]);
    if (this.#shown.has(key)) return false;
    this.#shown.add(key);
    return true;
  }
}
