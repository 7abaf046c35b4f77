import { MAX_ROWS } from '../blocks/index.ts';

/**
 * A block above this size (see `Part.sizes`) is large enough, and is not merged again. A block of this size is merged:
 * a busy server writes such blocks, without templates.
 */
export const HALF_SIZE = MAX_ROWS / 2;
/**
 * A merge at the growing end must make a block this many times its largest piece: a row is
 * rewritten some four times.
 */
const GROWTH = 8;

/** Neighbouring blocks to merge: from index `from` to below `to`. */
export type Merge = { readonly from: number; readonly to: number };

/**
 * The next merge worth doing among blocks of these sizes (rows, or bytes of text), in order; undefined if there is
 * none. Small blocks between large ones are merged as far as they fit. At the end, where more
 * blocks will follow, a merge waits until its result is eight times its largest piece, unless the
 * part is `sealed`.
 */
export function planMerge(sizes: readonly number[], sealed: boolean): Merge | undefined {
  let growing = !sealed;
  for (let end = sizes.length; end > 0; growing = false) {
    if (sizes[end - 1]! > HALF_SIZE) {
      end--;
      continue;
    }
    let start = end - 1;
    while (start > 0 && sizes[start - 1]! <= HALF_SIZE) start--;
    const merge = growing ? planEnd(sizes, start, end) : planRun(sizes, start, end);
    if (merge) return merge;
    end = start;
  }
  return undefined;
}

/** The oldest neighbours in [start, end) that fit into one block. */
function planRun(sizes: readonly number[], start: number, end: number): Merge | undefined {
  for (let from = start; from < end - 1; from++) {
    let to = from;
    let size = 0;
    while (to < end && size + sizes[to]! <= MAX_ROWS) size += sizes[to++]!;
    if (to - from > 1) return { from, to };
  }
  return undefined;
}

function planEnd(sizes: readonly number[], start: number, end: number): Merge | undefined {
  let size = 0;
  let largest = 0;
  for (let from = end - 1; from >= start; from--) {
    size += sizes[from]!;
    largest = Math.max(largest, sizes[from]!);
    if (size > MAX_ROWS) return planRun(sizes, start, end);
    if (size >= GROWTH * largest) return { from, to: end };
  }
  return undefined;
}
