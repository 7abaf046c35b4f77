import { ABSENT } from '../../../model/batch.ts';
import { damaged, LINE_FEED } from './format.ts';
import type { NumberColumn } from './numbers.ts';
import type { Lines } from './templates.ts';
import { textMemory } from './text-memory.ts';

/**
 * Positions of the texts of one kind: the text of place p is at `starts[p]`, `lengths[p]` bytes;
 * ABSENT if it has none.
 */
export type Spans = {
  readonly bytes: Buffer;
  readonly starts: Uint32Array;
  readonly lengths: Int32Array;
  /** Whether each place has a text without line feeds: then its number is that of its line. */
  readonly isLines: boolean;
};

/** Locates the texts by their line feeds, or by their lengths if a text contains line feeds. */
export function locate(bytes: Buffer, column: NumberColumn, count: number): Spans {
  const isLines = column.constant === 1;
  const spans = { bytes, starts: new Uint32Array(count), lengths: new Int32Array(count), isLines };
  const values = column.constant === undefined ? column.all() : undefined;
  if ((values ? highest(values) : column.constant!) > 1) byLengths(spans, values ?? column.all());
  else if (values) byPresence(spans, values);
  else if (column.constant === 0) spans.lengths.fill(ABSENT);
  else byLineFeeds(spans);
  return spans;
}

/** Every place has a text without line feeds. */
function byLineFeeds({ bytes, starts, lengths }: Spans): void {
  const lines = textMemory().has(bytes) ? textMemory().lines(bytes, starts.length) : undefined;
  if (lines) {
    starts.set(lines.starts);
    lengths.set(lines.lengths);
    return;
  }
  let start = 0;
  for (let place = 0; place < starts.length; place++) {
    // The built-in search is faster than four bytes at a time in JavaScript, even with a call for
    // each row.
    const end = bytes.indexOf(LINE_FEED, start);
    starts[place] = start;
    lengths[place] = end - start;
    start = end + 1;
    if (end < 0) throw damaged('the text has fewer lines than rows');
  }
  if (start !== bytes.length) throw damaged('the text has more lines than rows');
}

/** Places with 1 have a text without line feeds; places with 0 have no text. */
function byPresence({ bytes, starts, lengths }: Spans, values: Float64Array): void {
  let start = 0;
  for (let place = 0; place < starts.length; place++) {
    lengths[place] = ABSENT;
    if (values[place] === 0) continue;
    const end = bytes.indexOf(LINE_FEED, start);
    if (end < 0) throw damaged('the text has fewer lines than rows');
    starts[place] = start;
    lengths[place] = end - start;
    start = end + 1;
  }
  if (start !== bytes.length) throw damaged('the text has more lines than rows');
}

/** Values are the length of the text + 1, or 0 for no text. */
function byLengths({ bytes, starts, lengths }: Spans, values: Float64Array): void {
  let at = 0;
  for (let place = 0; place < values.length; place++) {
    lengths[place] = values[place]! - 1;
    if (values[place] === 0) continue;
    starts[place] = at;
    at += values[place]!;
    if (bytes[at - 1] !== LINE_FEED) throw damaged('a text does not end where it should');
  }
  if (at !== bytes.length) throw damaged('the text has more lines than rows');
}

function highest(values: Float64Array): number {
  let high = 0;
  for (let i = 0; i < values.length; i++) if (values[i]! > high) high = values[i]!;
  return high;
}

/** The text of a place, '' if it is absent; invalid UTF-8 becomes U+FFFD. */
export function textIn({ bytes, starts, lengths }: Spans, place: number): string {
  const start = starts[place]!;
  return bytes.toString('utf8', start, start + Math.max(0, lengths[place]!));
}

/** The place, `from` or later, whose text or line feed contains the byte at `index`. */
export function placeAt({ starts, lengths }: Spans, index: number, from: number): number {
  let place = from;
  while (lengths[place]! < 0 || index > starts[place]! + lengths[place]!) place++;
  return place;
}

/** The places of lines that were made of templates; all others are absent. */
export function linesAt({ bytes, starts, among }: Lines, column: NumberColumn, count: number): Spans {
  const isLines = among === undefined && column.constant === 1;
  const spans = { bytes, starts: new Uint32Array(count), lengths: new Int32Array(count).fill(ABSENT), isLines };
  const values = column.constant === undefined ? column.all() : undefined;
  const present = column.constant === 0 ? 0 : count;
  let line = 0;
  let made = 0;
  for (let place = 0; place < present; place++) {
    if (values?.[place] === 0) continue;
    if (among?.[line++] === 0) continue;
    spans.starts[place] = starts[made]!;
    spans.lengths[place] = starts[++made]! - starts[made - 1]! - 1;
  }
  if (made !== starts.length - 1) throw damaged('the text has other lines than rows');
  return spans;
}
