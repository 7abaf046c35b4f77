import { ABSENT } from '../../model/batch.ts';
import { damaged, LINE_FEED } from './format.ts';
import type { NumberColumn } from './numbers.ts';

/** Where the texts of one kind lie: place p's is at `starts[p]`, `lengths[p]` bytes, ABSENT where it has none. */
export type Spans = { readonly bytes: Buffer; readonly starts: Uint32Array; readonly lengths: Int32Array };

/** Finds the texts by their line feeds, or by their lengths where a text holds line feeds itself. */
export function locate(bytes: Buffer, column: NumberColumn, count: number): Spans {
  const starts = new Uint32Array(count);
  const lengths = new Int32Array(count);
  let at = 0;
  const values = column.constant === undefined ? column.all() : undefined;
  const byLength = values?.some((value) => value > 1) ?? (column.constant ?? 0) > 1;
  for (let place = 0; place < count; place++) {
    const value = values ? values[place]! : column.constant!;
    if (value === 0) {
      lengths[place] = ABSENT;
      continue;
    }
    const end = byLength ? at + value - 1 : bytes.indexOf(LINE_FEED, at);
    if (end < at || bytes[end] !== LINE_FEED) throw damaged('a text does not end');
    starts[place] = at;
    lengths[place] = end - at;
    at = end + 1;
  }
  if (at !== bytes.length) throw damaged('there is more text than rows');
  return { bytes, starts, lengths };
}

/** The place, `from` or later, whose text or line feed has a byte. */
export function placeAt({ starts, lengths }: Spans, index: number, from: number): number {
  let place = from;
  while (lengths[place]! < 0 || index > starts[place]! + lengths[place]!) place++;
  return place;
}
