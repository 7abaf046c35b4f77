const DIGITS = 7;
const ZERO = 0x30;
const NINE = 0x39;
const SPACE = 0x20;
const LESS_THAN = 0x3c;
const SMALL_Z = 0x7a;

/** The longest header: seven digits, a space, and the first byte of the frame. */
export const HEADER_BYTES = DIGITS + 2;
/** Result of `readHeader`: not an octet count, so a line begins here. */
export const NO_COUNT = 0;
/** Result of `readHeader`: the bytes end before it can be decided. */
export const UNDECIDED = -1;

/**
 * Reads `MSG-LEN SP` (RFC 6587 §3.4.1) at the start of a frame. It counts only if `<` or `z` follows (a message, or one
 * that rsyslog compressed), so that a line which begins with a number stays a line. MSG-LEN has at most seven digits.
 * @returns `count * 8 + digits`, or NO_COUNT, or UNDECIDED
 */
export function readHeader(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  let at = from;
  for (; at < to; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > NINE - ZERO) break;
    if (at - from === DIGITS || (digit === 0 && at === from)) return NO_COUNT;
    count = count * 10 + digit;
  }
  if (at === to) return UNDECIDED;
  if (at === from || bytes[at] !== SPACE) return NO_COUNT;
  if (at + 1 === to) return UNDECIDED;
  const first = bytes[at + 1];
  return first === LESS_THAN || first === SMALL_Z ? count * 8 + (at - from) : NO_COUNT;
}
