import { placeAt, type Spans } from '../format/spans.ts';
import { textMemory } from '../format/text-memory.ts';

const HIGH_BITS = 0x80808080 | 0;

/** Marks the places whose text has bytes beyond ASCII. */
export function widePlaces(spans: Spans): Uint8Array {
  const { bytes, starts, lengths } = spans;
  if (textMemory().has(bytes) && spans.isLines) return textMemory().wideLines(bytes, starts.length);
  const wide = new Uint8Array(starts.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let place = 0;
  for (let at = 0; at < bytes.length; ) {
    const high = at + 4 <= bytes.length ? view.getInt32(at, true) & HIGH_BITS : bytes[at]! & 128;
    if (high === 0) at += at + 4 <= bytes.length ? 4 : 1;
    else {
      // The lowest set bit belongs to the first such byte.
      place = placeAt(spans, at + ((31 - Math.clz32(high & -high)) >> 3), place);
      wide[place] = 1;
      at = starts[place]! + lengths[place]!;
    }
  }
  return wide;
}
