import type { ParseState } from './parse-state.ts';

const SPACE = 0x20;
const QUOTE = 0x22;
const EQUALS = 0x3d;
const OPEN = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE = 0x5d;
const DEL = 0x7f;

/**
 * Finds the end of the SD-ELEMENTs that begin at `at` (RFC 5424 §6.3); `parseStructuredData` can
 * read all of that text. Lenient: accepts names of any length, and spaces before `]`. Elements of
 * signed syslog (RFC 5848) set `keepRaw`, because their hashes cover the exact octets. @returns the
 * index after the last `]`; -1 if the elements are malformed
 */
export function structuredDataEnd(state: ParseState, at: number): number {
  const { bytes, end } = state;
  let p = at;
  while (p < end && bytes[p] === OPEN) {
    if (isSigned(bytes, p + 1)) state.keepRaw = true;
    p = elementEnd(bytes, p + 1, end);
    if (p < 0) return -1;
  }
  return p;
}

/** The index after the `]` of the element whose SD-ID is at `at`, or -1. */
function elementEnd(bytes: Uint8Array, at: number, end: number): number {
  let p = nameEnd(bytes, at, end);
  if (p === at) return -1;
  for (;;) {
    const gap = p;
    while (p < end && bytes[p] === SPACE) p++;
    if (p >= end) return -1;
    if (bytes[p] === CLOSE) return p + 1;
    const name = p;
    p = nameEnd(bytes, p, end);
    if (name === gap || p === name || p + 1 >= end || bytes[p] !== EQUALS || bytes[p + 1] !== QUOTE) return -1;
    p = valueEnd(bytes, p + 2, end);
    if (p < 0) return -1;
  }
}

function nameEnd(bytes: Uint8Array, at: number, end: number): number {
  let p = at;
  for (; p < end; p++) {
    const byte = bytes[p]!;
    if (byte <= SPACE || byte === QUOTE || byte === EQUALS || byte === CLOSE || byte === DEL) break;
  }
  return p;
}

/** The index after the closing quote, or -1. `"`, `\` and `]` must be escaped (§6.3.3). */
function valueEnd(bytes: Uint8Array, at: number, end: number): number {
  for (let p = at; p < end; p++) {
    const byte = bytes[p]!;
    if (byte === QUOTE) return p + 1;
    if (byte === CLOSE) return -1;
    if (byte === BACKSLASH) p++;
  }
  return -1;
}

/** Whether `ssign` or `ssign-cert` begins at `at`. */
function isSigned(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] !== 0x73 || bytes[at + 1] !== 0x73 || bytes[at + 2] !== 0x69) return false;
  if (bytes[at + 3] !== 0x67 || bytes[at + 4] !== 0x6e) return false;
  const next = bytes[at + 5];
  return next === SPACE || next === CLOSE || next === MINUS;
}

const MINUS = 0x2d;
