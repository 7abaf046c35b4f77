import type { Gap } from '../../account/contract.ts';
import type { Filter } from '../../model/filter.ts';
import { mayBeRelevant } from '../relevance.ts';
import type { AnswerContext } from '../context.ts';
import type { SearchRow } from '../contract.ts';

export type GapEdges = {
  readonly order: 'oldest' | 'newest';
  /** On which side a limit cuts the answer; `before` is known before the first row, `after` only after the last. */
  readonly cut: () => 'before' | 'after' | false;
};

/** Rows with the gaps at their places: before the first row, in the answer's order, that arrived after they began. */
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

/** How often a follower looks for gaps, ms: reading them costs more than waiting for messages. */
const LOOK_MS = 5000;

/** The gaps that begin while somebody follows, each told once, as soon as it is known. */
export class FreshGaps {
  readonly #context: Pick<AnswerContext, 'coverage' | 'now'>;
  readonly #filter: Filter;
  readonly #begunAt: number;
  readonly #told = new Set<string>();
  #lookedAt: number;

  constructor(context: Pick<AnswerContext, 'coverage' | 'now'>, filter: Filter) {
    this.#context = context;
    this.#filter = filter;
    this.#begunAt = context.now();
    this.#lookedAt = this.#begunAt;
  }

  /** What is new since it was asked last. */
  async next(): Promise<Gap[]> {
    const { coverage, now } = this.#context;
    const at = now();
    if (at - this.#lookedAt < LOOK_MS) return [];
    this.#lookedAt = at;
    const gaps = await coverage.gaps(this.#begunAt, at + 1);
    return gaps.filter((gap) => gap.from >= this.#begunAt && mayBeRelevant(this.#filter, gap) && this.#isNew(gap));
  }

  #isNew({ reason, listener, host, from }: Gap): boolean {
    const key = JSON.stringify([reason, listener, host, from]);
    if (this.#told.has(key)) return false;
    this.#told.add(key);
    return true;
  }
}
