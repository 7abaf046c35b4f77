import { MAX_ROWS } from '../blocks/index.ts';

/** A block with this many rows is large enough, and is not merged again. */
export const FINAL_ROWS = MAX_ROWS / 2;
/**
 * A merge at the growing end must make a block this many times its largest piece: a row is
 * rewritten some four times.
 */
const GROWTH = 8;

/** Neighbouring blocks to merge: from index `from` to below `to`. */
export type Merge = { readonly from: number; readonly to: number };

/**
 * The next merge worth doing among blocks with these row counts, in order; undefined if there is
 * none. Small blocks between large ones are merged as far as they fit. At the end, where more
 * blocks will follow, a merge waits until its result is eight times its largest piece, unless the
 * part is `sealed`.
 */
export function planMerge(counts: readonly number[], sealed: boolean): Merge | undefined {
  let growing = !sealed;
  for (let end = counts.length; end > 0; growing = false) {
    if (counts[end - 1]! >= FINAL_ROWS) {
      end--;
      continue;
    }
    let start = end - 1;
    while (start > 0 && counts[start - 1]! < FINAL_ROWS) start--;
    const merge = growing ? planEnd(counts, start, end) : planRun(counts, start, end);
    if (merge) return merge;
    end = start;
  }
  return undefined;
}

/** The oldest neighbours in [start, end) that fit into one block. */
function planRun(counts: readonly number[], start: number, end: number): Merge | undefined {
  for (let from = start; from < end - 1; from++) {
    let to = from;
    let rows = 0;
    while (to < end && rows + counts[to]! <= MAX_ROWS) rows += counts[to++]!;
    if (to - from > 1) return { from, to };
  }
  return undefined;
}

function planEnd(counts: readonly number[], start: number, end: number): Merge | undefined {
  let rows = 0;
  let largest = 0;
  for (let from = end - 1; from >= start; from--) {
    rows += counts[from]!;
    largest = Math.max(largest, counts[from]!);
    if (rows > MAX_ROWS) return planRun(counts, start, end);
    if (rows >= GROWTH * largest) return { from, to: end };
  }
  return undefined;
}
