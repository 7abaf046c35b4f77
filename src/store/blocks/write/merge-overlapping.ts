import type { EncodedBlock } from '../contract.ts';
import { BlockEncoder } from './encode.ts';
import { cutRows } from './cut-rows.ts';
import type { BlockRows } from './layout.ts';
import { rowsOf } from './merge.ts';

/** Overlapping blocks are rare. */
const OPTIONS = { level: 1, templates: false };

/**
 * Replaces overlapping blocks of one stream by as many blocks as needed that do not overlap; of
 * rows with the same `_id`, the first is kept. @throws an Error "damaged block: …"
 */
export function mergeOverlapping(blocks: readonly EncodedBlock[]): EncodedBlock[] {
  const all = rowsOf(blocks, Infinity);
  const rows = inOrder(all);
  const encoder = new BlockEncoder();
  const merged: EncodedBlock[] = [];
  for (const together of cutRows(all.batch, rows)) merged.push(encoder.encode({ ...all, rows: together }, OPTIONS));
  all.batch.release();
  return merged;
}

/** Row numbers in order of `_id`, without repeated `_id`s. */
function inOrder({ batch, rows, nodes }: BlockRows): Uint32Array {
  const { receivedAt, sequence } = batch;
  const compare = (a: number, b: number): number =>
    receivedAt[a]! - receivedAt[b]! || nodes![a]! - nodes![b]! || sequence[a]! - sequence[b]!;
  // Sorting is stable, so the first of equal rows stays first.
  const sorted = Array.from(rows).sort(compare);
  return Uint32Array.from(sorted.filter((row, index) => index === 0 || compare(sorted[index - 1]!, row) !== 0));
}
