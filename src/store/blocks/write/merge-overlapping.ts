import type { EncodedBlock } from '../contract.ts';
import { BlockEncoder } from './encode.ts';
import { MAX_ROWS } from '../format/format.ts';
import type { BlockRows } from './layout.ts';
import { rowsOf } from './merge.ts';

/** zstd's level; weaving is rare. */
const LEVEL = 1;

/**
 * Blocks of one stream whose ranges overlap, made into as many as it takes whose ranges do not; of rows with the same
 * `_id`, the first is taken. @throws an Error "damaged block: …"
 */
export function mergeOverlapping(blocks: readonly EncodedBlock[]): EncodedBlock[] {
  const all = rowsOf(blocks, Infinity);
  const rows = inOrder(all);
  const encoder = new BlockEncoder();
  const woven: EncodedBlock[] = [];
  for (let from = 0; from < rows.length; from += MAX_ROWS) {
    woven.push(encoder.encode({ ...all, rows: rows.subarray(from, from + MAX_ROWS) }, LEVEL));
  }
  return woven;
}

/** Row numbers in order of `_id`, each `_id` once. */
function inOrder({ batch, rows, nodes }: BlockRows): Uint32Array {
  const { receivedAt, sequence } = batch;
  const compare = (a: number, b: number): number =>
    receivedAt[a]! - receivedAt[b]! || nodes![a]! - nodes![b]! || sequence[a]! - sequence[b]!;
  // Sorting is stable, so the first of equals stays the first.
  const sorted = Array.from(rows).sort(compare);
  return Uint32Array.from(sorted.filter((row, index) => index === 0 || compare(sorted[index - 1]!, row) !== 0));
}
