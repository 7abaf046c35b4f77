import { SPAN } from '../model/batch.ts';
import { FORMAT } from './bits.ts';
import type { ParseState } from './parse-state.ts';

const SPACE = 0x20;
const SLASH = 0x2f;
const UPPER_E = 0x45;
const UPPER_F = 0x46;
const COLON = 0x3a;
const OPEN = 0x5b;
const CLOSE = 0x5d;
/** `@cee:` begins JSON, not a tag. */
const AT = 0x40;

/** Bits of a byte in `CLASS`. */
const HOST = 1;
const ALNUM = 2;
const TAG = 4;
const CLASS = new Uint8Array(256);
for (let byte = 33; byte < 256; byte++) {
  const char = String.fromCharCode(byte);
  if (/[A-Za-z0-9]/.test(char)) CLASS[byte] = HOST | ALNUM | TAG;
  else if (/[._-]/.test(char)) CLASS[byte] = HOST | TAG;
  else if (/[%/()@+$#*~\\]/.test(char)) CLASS[byte] = TAG;
}

/**
 * Reads the usual line of a Unix relay from `at` (RFC 3164 §4.1.2): a BSD or RFC 3339 stamp, a
 * space, a host name, a space, a tag, an optional `[pid]`, a colon. @returns false if the line has
 * another form; `readLenient` reads those
 */
export function readBsd(state: ParseState, at: number): boolean {
  const { bytes, end, stamps } = state;
  let p = bytes[at]! <= 0x39 ? stamps.iso(state, at) : stamps.bsd(state, at);
  if (p < 0 || p >= end || bytes[p] !== SPACE) return false;
  const host = p + 1;
  p = hostEnd(bytes, host, end);
  if (p < 0) return false;
  state.set(SPAN.hostname, host, p);
  p = readTag(state, p + 1);
  if (p < 0) return false;
  state.takeStamp();
  state.batch.format[state.row] = FORMAT.rfc3164;
  state.message(p);
  return true;
}

/**
 * Reads `name:` or `name[pid]:` at `at`, with the one space that may follow. @returns where the
 * text begins; -1 if there is no such tag, and then nothing is set
 */
export function readTag(state: ParseState, at: number): number {
  const { bytes, end } = state;
  const name = tagEnd(bytes, at, end);
  if (name === at || name >= end || bytes[at] === AT) return -1;
  let p = name;
  let pid = -1;
  if (bytes[name] === OPEN) {
    pid = pidEnd(bytes, name + 1, end);
    if (pid < 0) return -1;
    p = pid + 1;
  }
  if (p >= end || bytes[p] !== COLON) return -1;
  const spaced = p + 1 < end && bytes[p + 1] === SPACE;
  if (!spaced && isPartOfText(state, at, p)) return -1;
  state.set(SPAN.appname, at, name);
  if (pid > 0) state.set(SPAN.procid, name + 1, pid);
  return spaced ? p + 2 : p + 1;
}

/**
 * Whether the colon belongs to the text: `https://…`, and `CEF:0|` or `LEEF:1.0|`, which decoders
 * need whole.
 */
function isPartOfText({ bytes, end }: ParseState, at: number, colon: number): boolean {
  if (colon + 2 >= end) return false;
  if (bytes[colon + 1] === SLASH && bytes[colon + 2] === SLASH) return true;
  const length = colon - at;
  return (length === 3 || length === 4) && bytes[colon - 2] === UPPER_E && bytes[colon - 1] === UPPER_F;
}

/**
 * The index of the space after the host name at `at`, which must end in a letter or digit; -1 if
 * there is no such name.
 */
export function hostEnd(bytes: Uint8Array, at: number, end: number): number {
  let p = at;
  while (p < end && (CLASS[bytes[p]!]! & HOST) !== 0) p++;
  return p > at && p < end && bytes[p] === SPACE && (CLASS[bytes[p - 1]!]! & ALNUM) !== 0 ? p : -1;
}

/** The index of the first byte that cannot be part of a tag. */
export function tagEnd(bytes: Uint8Array, at: number, end: number): number {
  let p = at;
  while (p < end && (CLASS[bytes[p]!]! & TAG) !== 0) p++;
  return p;
}

/**
 * The index of the `]` after at least one byte that is neither a space nor a bracket; -1 if there
 * is none.
 */
export function pidEnd(bytes: Uint8Array, at: number, end: number): number {
  let p = at;
  while (p < end && bytes[p]! > SPACE && bytes[p] !== CLOSE && bytes[p] !== OPEN) p++;
  return p > at && p < end && bytes[p] === CLOSE ? p : -1;
}
