import type { MessageBatch } from '../../model/batch.ts';
import { MAX_ROWS } from '../blocks/index.ts';

const DAY = 86_400_000;

/** The rows of a batch by stream, those of one UTC day and of at most a block together, each in order of arrival. */
export function* groupRows(batch: MessageBatch): Generator<{ stream: string; rows: Uint32Array }> {
  for (const [index, stream] of batch.streams.entries()) {
    const rows = rowsOf(batch, index);
    let from = 0;
    for (let at = 1; at <= rows.length; at++) {
      const goesOn = at < rows.length && at - from < MAX_ROWS && dayAt(batch, rows[at]!) === dayAt(batch, rows[from]!);
      if (goesOn) continue;
      yield { stream, rows: rows.subarray(from, at) };
      from = at;
    }
  }
}

function rowsOf(batch: MessageBatch, stream: number): Uint32Array {
  const rows = new Uint32Array(batch.count);
  let count = 0;
  for (let row = 0; row < batch.count; row++) if (batch.stream[row] === stream) rows[count++] = row;
  return rows.subarray(0, count);
}

function dayAt(batch: MessageBatch, row: number): number {
  return Math.floor(batch.receivedAt[row]! / DAY);
}
