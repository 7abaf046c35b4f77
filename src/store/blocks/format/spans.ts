import { ABSENT } from '../../../model/batch.ts';
import { damaged, LINE_FEED } from './format.ts';
import type { NumberColumn } from './numbers.ts';

/** Where the texts of one kind lie: place p's is at `starts[p]`, `lengths[p]` bytes, ABSENT where it has none. */
export type Spans = { readonly bytes: Buffer; readonly starts: Uint32Array; readonly lengths: Int32Array };

/** Finds the texts by their line feeds, or by their lengths where a text holds line feeds itself. */
export function locate(bytes: Buffer, column: NumberColumn, count: number): Spans {
  const spans = { bytes, starts: new Uint32Array(count), lengths: new Int32Array(count) };
  const values = column.constant === undefined ? column.all() : undefined;
  if ((values ? highest(values) : column.constant!) > 1) byLengths(spans, values ?? column.all());
  else if (values) byPresence(spans, values);
  else if (column.constant === 0) spans.lengths.fill(ABSENT);
  else byLineFeeds(spans);
  return spans;
}

/** Every place has a text without line feeds. */
function byLineFeeds({ bytes, starts, lengths }: Spans): void {
  let start = 0;
  for (let place = 0; place < starts.length; place++) {
    // The built-in search beats four bytes at a time in JavaScript, a call for each row included.
    const end = bytes.indexOf(LINE_FEED, start);
    starts[place] = start;
    lengths[place] = end - start;
    start = end + 1;
    if (end < 0) throw damaged('there is less text than rows');
  }
  if (start !== bytes.length) throw damaged('there is more text than rows');
}

/** Places with 1 have a text without line feeds, those with 0 have none. */
function byPresence({ bytes, starts, lengths }: Spans, values: Float64Array): void {
  let start = 0;
  for (let place = 0; place < starts.length; place++) {
    lengths[place] = ABSENT;
    if (values[place] === 0) continue;
    const end = bytes.indexOf(LINE_FEED, start);
    if (end < 0) throw damaged('there is less text than rows');
    starts[place] = start;
    lengths[place] = end - start;
    start = end + 1;
  }
  if (start !== bytes.length) throw damaged('there is more text than rows');
}

/** Places have the length of their text + 1, or 0. */
function byLengths({ bytes, starts, lengths }: Spans, values: Float64Array): void {
  let at = 0;
  for (let place = 0; place < values.length; place++) {
    lengths[place] = values[place]! - 1;
    if (values[place] === 0) continue;
    starts[place] = at;
    at += values[place]!;
    if (bytes[at - 1] !== LINE_FEED) throw damaged('a text does not end where it should');
  }
  if (at !== bytes.length) throw damaged('there is more text than rows');
}

function highest(values: Float64Array): number {
  let high = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! > high) high = values[i]!;
  return high;
}

/** The place, `from` or later, whose text or line feed has a byte. */
export function placeAt({ starts, lengths }: Spans, index: number, from: number): number {
  let place = from;
  while (lengths[place]! < 0 || index > starts[place]! + lengths[place]!) place++;
  return place;
}
