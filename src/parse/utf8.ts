import { isUtf8 } from 'node:buffer';

const HIGH = 0x80808080 | 0;

/** Whether all bytes of [from, to) are below 0x80; sixteen at a step, so that the usual line costs a few ns. */
export function isAscii(view: DataView, from: number, to: number): boolean {
  let bits = 0;
  let at = from;
  for (; at + 16 <= to; at += 16) {
    bits |=
      view.getInt32(at, true) |
      view.getInt32(at + 4, true) |
      view.getInt32(at + 8, true) |
      view.getInt32(at + 12, true);
  }
  for (; at + 4 <= to; at += 4) bits |= view.getInt32(at, true);
  for (; at < to; at++) bits |= view.getUint8(at);
  return (bits & HIGH) === 0;
}

/**
 * Whether [from, to) is UTF-8. Where the frame was cut, up to three bytes of a character begun at its end
 * do not count against it.
 */
export function isText(bytes: Uint8Array, from: number, to: number, cut: boolean): boolean {
  if (isUtf8(bytes.subarray(from, to))) return true;
  if (!cut) return false;
  const whole = wholeCharacters(bytes, from, to);
  return whole < to && isUtf8(bytes.subarray(from, whole));
}

/** Where the last character of [from, to) begins, if it lacks bytes; else `to`. */
function wholeCharacters(bytes: Uint8Array, from: number, to: number): number {
  for (let at = to - 1; at >= from && at >= to - 3; at--) {
    const byte = bytes[at]!;
    if (byte >= 0xc0) return at + (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > to ? at : to;
    if (byte < 0x80) return to;
  }
  return to;
}
