import { isAscii, isUtf8 } from 'node:buffer';
import type { MessageBatch } from '../model/batch.ts';

/**
 * Bytes that one native call checks: some twenty lines share its cost, and one `ü` affects only
 * these.
 */
const CHECK_BYTES = 4096;

/** Remembers whether the last stretch of an arena is ASCII: the next frames mostly lie in it, too. */
export class AsciiWindow {
  #batch: MessageBatch | undefined;
  #filling = 0;
  #from = 0;
  #to = 0;
  #ascii = false;

  /** Whether all bytes of [from, to) are below 0x80. */
  holds(batch: MessageBatch, from: number, to: number): boolean {
    if (from < this.#from || to > this.#to || batch.fillings !== this.#filling || batch !== this.#batch) {
      this.#batch = batch;
      this.#filling = batch.fillings;
      this.#from = from;
      this.#to = Math.max(to, Math.min(from + CHECK_BYTES, batch.used));
      this.#ascii = isAscii(batch.arena.subarray(from, this.#to));
    }
    return this.#ascii || hasNoHigh(batch.arena, from, to);
  }
}

function hasNoHigh(bytes: Uint8Array, from: number, to: number): boolean {
  let bits = 0;
  for (let at = from; at < to; at++) bits |= bytes[at]!;
  return bits < 0x80;
}

/**
 * Whether [from, to) is UTF-8. At the end of a frame that was cut, up to three bytes of an
 * incomplete character are fine.
 */
export function isText(bytes: Uint8Array, from: number, to: number, cut: boolean): boolean {
  if (isUtf8(bytes.subarray(from, to))) return true;
  if (!cut) return false;
  const whole = wholeCharacters(bytes, from, to);
  return whole < to && isUtf8(bytes.subarray(from, whole));
}

/** Where the last character of [from, to) begins if it is incomplete, else `to`. */
function wholeCharacters(bytes: Uint8Array, from: number, to: number): number {
  for (let at = to - 1; at >= from && at >= to - 3; at--) {
    const byte = bytes[at]!;
    if (byte >= 0xc0) return at + (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > to ? at : to;
    if (byte < 0x80) return to;
  }
  return to;
}
