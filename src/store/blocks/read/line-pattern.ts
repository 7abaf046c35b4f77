import type { LinePattern } from '../../../model/pattern.ts';
import type { Lines } from '../format/text-memory.ts';

/** Bytes of whole lines that are made into one string: it stays in the processor's cache. */
const SLICE = 32 << 10;
const LINE_FEED = 0x0a;

/** Lines side by side in bytes, each ended by a line feed; `wide` marks those beyond ASCII. */
export type SearchedLines = Lines & { readonly bytes: Buffer; readonly wide: Uint8Array | undefined };

/**
 * Calls `onMatch` with the number of each ASCII line in which a pattern matches, in order; `test`
 * decides about a line alone. Lines beyond ASCII are passed over.
 */
export function matchLines(
  lines: SearchedLines,
  { regexp, asserts }: LinePattern,
  by: { readonly test: (text: string) => boolean; readonly onMatch: (line: number) => void },
): void {
  const { bytes, starts, lengths, wide } = lines;
  let line = 0;
  for (let from = 0; from < bytes.length; ) {
    const to = sliceEnd(bytes, from);
    const text = bytes.toString('latin1', from, to);
    regexp.lastIndex = 0;
    for (let match = regexp.exec(text); match; match = regexp.exec(text)) {
      const at = from + match.index;
      if (at >= to) break;
      while (at > starts[line]! + lengths[line]!) line++;
      const end = starts[line]! + lengths[line]!;
      const isSure = !asserts && at + match[0].length <= end;
      if (wide?.[line] !== 1 && (isSure || by.test(bytes.toString('latin1', starts[line]!, end)))) by.onMatch(line);
      regexp.lastIndex = end + 1 - from;
    }
    from = to;
  }
}

/** Where a slice ends: after the last line feed that it can have, or after its first. */
function sliceEnd(bytes: Buffer, from: number): number {
  if (bytes.length - from <= SLICE) return bytes.length;
  const last = bytes.lastIndexOf(LINE_FEED, from + SLICE - 1);
  return last >= from ? last + 1 : bytes.indexOf(LINE_FEED, from + SLICE) + 1 || bytes.length;
}
