import { SPAN } from '../model/batch.ts';
import { FORMAT } from './bits.ts';
import { isDoubtful, isDoubtfulHost, isHost, isProgram } from './names.ts';
import type { ParseState } from './parse-state.ts';

const SPACE = 0x20;
const STAR = 0x2a;
const DOT = 0x2e;
const MINUS = 0x2d;
const PERCENT = 0x25;
const COLON = 0x3a;
const OPEN = 0x5b;
const CLOSE = 0x5d;

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
 * another form or anything in it is doubtful (`names.ts`); `readLenient` reads those
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
 * Reads `name: ` or `name[pid]:` at `at`, with the one space that may follow. @returns where the
 * text begins; -1 if there is no such tag, and then nothing is set
 */
function readTag(state: ParseState, at: number): number {
  const { bytes, end } = state;
  const name = tagEnd(bytes, at, end);
  if (name === at || name >= end || !isPlainProgram(bytes, at, name)) return -1;
  let p = name;
  let pid = -1;
  if (bytes[name] === OPEN) {
    pid = pidEnd(bytes, name + 1, end);
    if (pid < 0) return -1;
    p = pid + 1;
  }
  if (p >= end || bytes[p] !== COLON) return -1;
  const spaced = p + 1 < end && bytes[p + 1] === SPACE;
  if (pid < 0 && p + 1 < end && (!spaced || mayBeDevice(bytes, p + 2, end))) return -1;
  state.set(SPAN.appname, at, name);
  if (pid > 0) state.set(SPAN.procid, name + 1, pid);
  return spaced ? p + 2 : p + 1;
}

/** Whether the word is certainly a program; `isProgram` knows about the others. */
function isPlainProgram(bytes: Uint8Array, from: number, to: number): boolean {
  if (!isDoubtful(bytes, from, to)) return (CLASS[bytes[from]!]! & ALNUM) !== 0;
  return isProgram(latin1(bytes, from, to));
}

/**
 * Whether the text after a tag may be a device's header, so that the tag may be the name of the
 * device: it begins with a mnemonic, a mark of its clock or a stamp.
 */
function mayBeDevice(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 12 >= end) return at < end && bytes[at]! < 0x30;
  const first = bytes[at]!;
  if (bytes[at + 9] === COLON || (bytes[at + 3] === SPACE && bytes[at + 12] === COLON)) return true;
  if (first > 0x39) return false;
  if (first < 0x30) return first === PERCENT || first === STAR || first === DOT;
  return bytes[at + 4] === MINUS || bytes[at + 4] === SPACE || hasColon(bytes, at);
}

/** Whether a number before a colon begins at `at`. */
function hasColon(bytes: Uint8Array, at: number): boolean {
  let p = at;
  while (p < at + 10 && bytes[p]! >= 0x30 && bytes[p]! <= 0x39) p++;
  return bytes[p] === COLON;
}

/**
 * The index of the space after the host at `at`, which must end in a letter or digit; -1 if
 * there is none.
 */
function hostEnd(bytes: Uint8Array, at: number, end: number): number {
  let p = at;
  while (p < end && (CLASS[bytes[p]!]! & HOST) !== 0) p++;
  if (p === at || p >= end || bytes[p] !== SPACE || (CLASS[bytes[p - 1]!]! & ALNUM) === 0) return -1;
  return isDoubtfulHost(bytes, at, p) && !isIPv4(bytes, at, p) && !isHost(latin1(bytes, at, p)) ? -1 : p;
}

/** Whether a word is digits and three points between them; others are looked at closely. */
function isIPv4(bytes: Uint8Array, from: number, to: number): boolean {
  let points = 0;
  for (let p = from; p < to; p++) {
    if (bytes[p] === DOT) points++;
    else if (bytes[p]! > 0x39 || bytes[p] === MINUS) return false;
  }
  return points === 3;
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
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
