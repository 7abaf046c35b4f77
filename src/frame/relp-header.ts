const ZERO = 0x30;
const SPACE = 0x20;
const LF = 0x0a;
const DIGITS = 9;

/** The longest header: two numbers of nine digits, a command of 32 letters, three spaces. */
export const RELP_HEADER_BYTES = DIGITS + 1 + 32 + 1 + DIGITS + 1;
/** The highest number; 1 follows it. */
export const LAST_NUMBER = 999_999_999;
/** Result of `readRelpHeader`: the bytes end before the header does. */
export const UNDECIDED = -1;
/** Result of `readRelpHeader`: not a header, or the header of a command that senders do not use. */
export const NO_HEADER = -2;

const COMMANDS = ['syslog', 'open', 'close'] as const;
/** The fields of a header; filled in by `readRelpHeader`. */
export type RelpHeader = { number: number; command: (typeof COMMANDS)[number]; octets: number };

/**
 * Reads `TXNR SP COMMAND SP DATALEN` and the space behind it, which may be missing if no data follows (librelp's
 * doc/relp.md, "Frame"; imrelp accepts both).
 * @returns the position of the data, or UNDECIDED, or NO_HEADER
 */
export function readRelpHeader(bytes: Uint8Array, from: number, to: number, into: RelpHeader): number {
  let at = from;
  let number = 0;
  for (; at < to && isDigit(bytes[at]!); at++) number = number * 10 + bytes[at]! - ZERO;
  if (at - from > DIGITS) return NO_HEADER;
  if (at === to) return UNDECIDED;
  if (at === from || bytes[at] !== SPACE) return NO_HEADER;
  const command = commandAt(bytes, at + 1, to);
  if (typeof command === 'number') return command;
  at += command.length + 2;
  const digits = at;
  let octets = 0;
  for (; at < to && isDigit(bytes[at]!); at++) octets = octets * 10 + bytes[at]! - ZERO;
  if (at - digits > DIGITS) return NO_HEADER;
  if (at === to) return UNDECIDED;
  if (at === digits) return NO_HEADER;
  into.number = number;
  into.command = command;
  into.octets = octets;
  if (bytes[at] === SPACE) return at + 1;
  return octets === 0 && bytes[at] === LF ? at : NO_HEADER;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}

/** The command at this position, which a space must follow. */
function commandAt(bytes: Uint8Array, from: number, to: number): RelpHeader['command'] | -1 | -2 {
  let undecided = false;
  for (const command of COMMANDS) {
    let same = 0;
    while (same < command.length && from + same < to && bytes[from + same] === command.charCodeAt(same)) same++;
    if (from + same === to) undecided = true;
    else if (same === command.length && bytes[from + same] === SPACE) return command;
  }
  return undecided ? UNDECIDED : NO_HEADER;
}
