import { type MessageBatch, SPANS } from '../../../model/batch.ts';
import { MAX_ROWS, MAX_TEXT_BYTES } from '../format/format.ts';

/**
 * Cuts rows into those of one block each: at most `MAX_ROWS` rows, and at most `MAX_TEXT_BYTES` of
 * text unless a single row has more.
 */
export function* cutRows(batch: MessageBatch, rows: Uint32Array): Generator<Uint32Array> {
  const isSmall = batch.used <= MAX_TEXT_BYTES;
  for (let from = 0; from < rows.length; ) {
    const most = Math.min(rows.length, from + MAX_ROWS);
    const to = isSmall ? most : endWithin(batch, rows, from, most);
    yield rows.subarray(from, to);
    from = to;
  }
}

function endWithin({ lengths }: MessageBatch, rows: Uint32Array, from: number, most: number): number {
  let bytes = 0;
  let to = from;
  for (; to < most; to++) {
    const first = rows[to]! * SPANS;
    for (let span = first; span < first + SPANS; span++) bytes += Math.max(0, lengths[span]!);
    if (bytes > MAX_TEXT_BYTES && to > from) break;
  }
  return to;
}
