import type { MessageBatch } from '../../model/batch.ts';
import { DAY } from '../../base/units.ts';
import { cutRows, MAX_ROWS } from '../blocks/index.ts';

/** All rows, for batches of one stream, which most are. */
const ALL = Uint32Array.from({ length: MAX_ROWS }, (_, row) => row);

/**
 * Groups the rows of a batch by stream and UTC day, in order of arrival: at most a block together, in
 * rows and in bytes.
 */
export function* groupRows(batch: MessageBatch): Generator<{ stream: string; rows: Uint32Array }> {
  for (const [index, stream] of batch.streams.entries()) {
    const rows = rowsOf(batch, index);
    for (let from = 0; from < rows.length; ) {
      const to = endOfGroup(batch, rows, from);
      for (const together of cutRows(batch, rows.subarray(from, to))) yield { stream, rows: together };
      from = to;
    }
  }
}

function rowsOf(batch: MessageBatch, stream: number): Uint32Array {
  if (batch.streams.length === 1 && batch.count <= MAX_ROWS) return ALL.subarray(0, batch.count);
  const rows = new Uint32Array(batch.count);
  let count = 0;
  for (let row = 0; row < batch.count; row++) if (batch.stream[row] === stream) rows[count++] = row;
  return rows.subarray(0, count);
}

function endOfGroup(batch: MessageBatch, rows: Uint32Array, from: number): number {
  const day = dayAt(batch, rows[from]!);
  const end = Math.min(rows.length, from + MAX_ROWS);
  // Arrival times never decrease.
  if (dayAt(batch, rows[end - 1]!) === day) return end;
  let to = from + 1;
  while (dayAt(batch, rows[to]!) === day) to++;
  return to;
}

function dayAt(batch: MessageBatch, row: number): number {
  return Math.floor(batch.receivedAt[row]! / DAY);
}
