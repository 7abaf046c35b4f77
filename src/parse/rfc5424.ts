import { SPAN } from '../model/batch.ts';
import { BIT, FORMAT } from './bits.ts';
import type { ParseState } from './parse-state.ts';
import { structuredDataEnd } from './structured.ts';

const SPACE = 0x20;
const MINUS = 0x2d;
const OPEN = 0x5b;
/** Limits of RFC 5424 §6. A longer HOSTNAME is not a header; the other fields are cut. */
const MAX_HOSTNAME = 255;
const MAX_APPNAME = 48;
const MAX_PROCID = 128;
const MAX_MSGID = 32;

/**
 * Reads `VERSION SP TIMESTAMP …` from `at` (RFC 5424 §6). @returns false if it is not an RFC 5424
 * header; the row may then be filled in part
 */
export function readRfc5424(state: ParseState, at: number): boolean {
  const { bytes, batch, row, end } = state;
  let version = 0;
  let p = at;
  for (; p < at + 3 && p < end && bytes[p]! >= 0x30 && bytes[p]! <= 0x39; p++) version = version * 10 + bytes[p]! - 48;
  if (p >= end || bytes[p] !== SPACE || version === 0 || bytes[at] === 0x30) return false;
  p = readStamp(state, p + 1);
  if (p < 0) return false;
  p = field(state, SPAN.hostname, p + 1, MAX_HOSTNAME);
  if (p < 0 || batch.lengths[state.base + SPAN.hostname]! > MAX_HOSTNAME) return false;
  if (batch.lengths[state.base + SPAN.hostname]! < 0) state.flags |= BIT.noHostname;
  p = field(state, SPAN.appname, p + 1, MAX_APPNAME);
  if (p < 0) return false;
  p = field(state, SPAN.procid, p + 1, MAX_PROCID);
  if (p < 0) return false;
  p = lastField(state, p + 1);
  if (p < 0) return false;
  batch.version[row] = version;
  batch.format[row] = FORMAT.rfc5424;
  readBody(state, p + 1);
  return true;
}

function readStamp(state: ParseState, at: number): number {
  const { bytes, end, stamps } = state;
  if (at + 1 < end && bytes[at] === MINUS && bytes[at + 1] === SPACE) {
    state.flags |= BIT.noTimestamp;
    return at + 1;
  }
  const p = stamps.iso(state, at);
  if (p < 0 || p >= end || bytes[p] !== SPACE) return -1;
  state.takeStamp();
  return p;
}

/**
 * Reads a field that ends with a space; a NILVALUE stays absent. @returns the index of that space,
 * or -1
 */
function field(state: ParseState, span: number, at: number, limit: number): number {
  const { bytes, end } = state;
  let p = at;
  while (p < end && bytes[p]! > SPACE) p++;
  if (p === at || p >= end || bytes[p] !== SPACE) return -1;
  if (p !== at + 1 || bytes[at] !== MINUS) setField(state, span, at, p, limit);
  return p;
}

/** Reads MSGID. The text may end right after it, without STRUCTURED-DATA. */
function lastField(state: ParseState, at: number): number {
  const { bytes, end } = state;
  let p = at;
  while (p < end && bytes[p]! > SPACE) p++;
  if (p === at || (p < end && bytes[p] !== SPACE)) return -1;
  if (p !== at + 1 || bytes[at] !== MINUS) setField(state, SPAN.msgid, at, p, MAX_MSGID);
  return p;
}

function setField(state: ParseState, span: number, from: number, to: number, limit: number): void {
  if (to - from <= limit) {
    state.set(span, from, to);
    return;
  }
  state.flags |= BIT.parseError;
  // A host name is not cut: a longer text is not a host name.
  state.set(span, from, span === SPAN.hostname ? to : characterStart(state.bytes, from, from + limit));
}

/** The last index at or before `to` where a character begins. */
function characterStart(bytes: Uint8Array, from: number, to: number): number {
  let p = to;
  while (p > from && p > to - 3 && (bytes[p]! & 0xc0) === 0x80) p--;
  return p;
}

/**
 * Reads STRUCTURED-DATA and MSG. If STRUCTURED-DATA is missing or malformed, the rest is the
 * message, and the frame is kept. Exactly one space comes before MSG; further spaces belong to it.
 */
function readBody(state: ParseState, at: number): void {
  const { bytes, end } = state;
  let p = -1;
  if (at < end && bytes[at] === MINUS) {
    p = at + 1;
  } else if (at < end && bytes[at] === OPEN) {
    p = structuredDataEnd(state, at);
    if (p > 0) state.set(SPAN.structuredData, at, p);
  }
  let text = p + 1;
  if (p !== end && (p < 0 || bytes[p] !== SPACE)) {
    state.flags |= BIT.parseError;
    text = p > 0 && bytes[at] === OPEN ? p : at;
  }
  state.message(text);
}
