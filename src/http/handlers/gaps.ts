import type { Gap } from '../../account/contract.ts';
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
