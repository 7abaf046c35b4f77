import { ABSENT } from '../../model/batch.ts';
import { damaged, LINE_FEED } from './format.ts';
import type { NumberColumn } from './numbers.ts';

const LINE_FEEDS = 0x0a0a0a0a;
const HIGH_BITS = 0x80808080 | 0;

/** Where the texts of one kind lie: place p's is at `starts[p]`, `lengths[p]` bytes, ABSENT where it has none. */
export type Spans = { readonly bytes: Buffer; readonly starts: Uint32Array; readonly lengths: Int32Array };

/** Finds the texts by their line feeds, or by their lengths where a text holds line feeds itself. */
export function locate(bytes: Buffer, column: NumberColumn, count: number): Spans {
  const spans = { bytes, starts: new Uint32Array(count), lengths: new Int32Array(count).fill(ABSENT) };
  const values = column.constant === undefined ? column.all() : new Float64Array(count).fill(column.constant);
  const end = values.some((value) => value > 1) ? byLengths(spans, values) : byLineFeeds(spans, values);
  if (end !== bytes.length) throw damaged('there is more text than rows');
  return spans;
}

function byLengths({ bytes, starts, lengths }: Spans, values: Float64Array): number {
  let at = 0;
  for (let place = 0; place < values.length; place++) {
    if (values[place] === 0) continue;
    starts[place] = at;
    lengths[place] = values[place]! - 1;
    at += values[place]!;
    if (bytes[at - 1] !== LINE_FEED) throw damaged('a text does not end where it should');
  }
  return at;
}

/** Four bytes at a time: calling a search for each row would cost three times as much. */
function byLineFeeds({ bytes, starts, lengths }: Spans, values: Float64Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const present = (from: number): number => {
    let place = from;
    while (place < values.length && values[place] === 0) place++;
    return place;
  };
  let place = present(0);
  let start = 0;
  for (let at = 0; at < bytes.length && place < values.length; at += 4) {
    if (at + 4 <= bytes.length) {
      // A byte of `other` is zero where the text has a line feed; the usual test for a zero byte in a word.
      const other = view.getInt32(at, true) ^ LINE_FEEDS;
      if (((other - 0x01010101) & ~other & HIGH_BITS) === 0) continue;
    }
    for (let end = at; end < at + 4 && place < values.length; end++) {
      if (bytes[end] !== LINE_FEED) continue;
      starts[place] = start;
      lengths[place] = end - start;
      start = end + 1;
      place = present(place + 1);
    }
  }
  if (place < values.length) throw damaged('there is less text than rows');
  return start;
}

/** The place, `from` or later, whose text or line feed has a byte. */
export function placeAt({ starts, lengths }: Spans, index: number, from: number): number {
  let place = from;
  while (lengths[place]! < 0 || index > starts[place]! + lengths[place]!) place++;
  return place;
}
