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
  { order, cut }: GapEdges,
): AsyncGenerator<SearchRow> {
  const left = order === 'oldest' ? [...gaps] : gaps.toReversed();
  const comesBefore = (gap: Gap, at: number): boolean => (order === 'oldest' ? gap.from <= at : gap.from > at);
  let first = true;
  for await (const row of rows) {
    if ('received_at' in row) {
      const at = row.received_at.getTime();
      const beyond = first && left.length > 0 && cut() === 'before';
      first = false;
      while (left.length > 0 && comesBefore(left[0]!, at)) {
        const gap = left.shift()!;
        const touches = order === 'oldest' ? gap.to > at : gap.from < at;
        if (!beyond || touches) yield { _missing: gap };
      }
    }
    yield row;
  }
  if (cut() === 'after') return;
  for (const gap of left) yield { _missing: gap };
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
