const DIGITS = 7;
const ZERO = 0x30;
const NINE = 0x39;
const SPACE = 0x20;
const LESS_THAN = 0x3c;
const GREATER_THAN = 0x3e;
/** The first byte of one in UTF-8. */
const BYTE_ORDER_MARK = 0xef;
const SMALL_Z = 0x7a;
/** The first byte of a zlib stream whose method and window are those of every encoder: RFC 1950 §2.2. */
const ZLIB = 0x78;

/** The longest header: seven digits, a space, and the PRI of the message. */
export const HEADER_BYTES = DIGITS + 6;
/** Result of `readHeader`: not an octet count, so a line begins here. */
export const NO_COUNT = 0;
/** Result of `readHeader`: the bytes end before it can be decided. */
export const UNDECIDED = -1;

/**
 * Reads `MSG-LEN SP` (RFC 6587 §3.4.1) at the start of a frame. It counts only if a message follows (see `messageAt`), so
 * that a line which begins with a number stays a line. MSG-LEN has at most seven digits, and is at most `max`.
 * @returns `count * 8 + digits`, or NO_COUNT, or UNDECIDED
 */
export function readHeader(bytes: Uint8Array, from: number, to: number, max: number): number {
  let count = 0;
  let at = from;
  for (; at < to; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > NINE - ZERO) break;
    if (at - from === DIGITS || (digit === 0 && at === from)) return NO_COUNT;
    count = count * 10 + digit;
  }
  if (at >= to) return count > max ? NO_COUNT : UNDECIDED;
  if (at === from || bytes[at] !== SPACE || count > max) return NO_COUNT;
  const message = messageAt(bytes, at + 1, to);
  return message > 0 ? count * 8 + (at - from) : message;
}

/**
 * Whether a message begins at `at`: a PRI (`<`, one to three digits, `>`), or `z` and the two bytes of a zlib header, as
 * rsyslog compresses it. @returns 1, or NO_COUNT, or UNDECIDED
 */
export function messageAt(bytes: Uint8Array, at: number, to: number): number {
  if (at >= to) return UNDECIDED;
  if (bytes[at] === SMALL_Z) return zlibAt(bytes, at + 1, to);
  if (bytes[at] !== LESS_THAN) return NO_COUNT;
  for (let digits = 0; digits <= 3; digits++) {
    const next = at + 1 + digits;
    if (next >= to) return UNDECIDED;
    const byte = bytes[next]!;
    if (byte === GREATER_THAN) return digits > 0 ? 1 : NO_COUNT;
    if (byte < ZERO || byte > NINE) return NO_COUNT;
  }
  return NO_COUNT;
}

function zlibAt(bytes: Uint8Array, at: number, to: number): number {
  if (at >= to) return UNDECIDED;
  if (bytes[at] !== ZLIB) return NO_COUNT;
  if (at + 1 >= to) return UNDECIDED;
  return ((ZLIB << 8) | bytes[at + 1]!) % 31 === 0 ? 1 : NO_COUNT;
}

/** Whether digits with zeros before them, or a blank or byte order mark behind their blank, begin a frame; if in doubt, yes. */
export function mayBeCount(bytes: Uint8Array, from: number, isEnd: boolean): boolean {
  let at = from;
  while (at < bytes.length && at - from <= DIGITS && bytes[at]! >= ZERO && bytes[at]! <= NINE) at++;
  if (at === bytes.length) return !isEnd;
  if (bytes[at] !== SPACE) return false;
  const next = bytes[at + 1];
  return next === undefined ? !isEnd : next === LESS_THAN || next === SPACE || next === BYTE_ORDER_MARK;
}
