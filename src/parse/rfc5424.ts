import { SPAN } from '../model/batch.ts';
import { BIT, FORMAT } from './bits.ts';
import type { Reading } from './reading.ts';
import { structuredDataEnd } from './structured.ts';

const SPACE = 0x20;
const MINUS = 0x2d;
const OPEN = 0x5b;
/** RFC 5424 §6. HOSTNAME beyond its limit is no header; the other fields are cut. */
const MAX_HOSTNAME = 255;
const MAX_APPNAME = 48;
const MAX_PROCID = 128;
const MAX_MSGID = 32;

/**
 * Reads `VERSION SP TIMESTAMP …` from `at` (RFC 5424 §6). @returns false where it is no RFC 5424 header; the
 * row may have been filled in part then
 */
export function readRfc5424(reading: Reading, at: number): boolean {
  const { bytes, batch, row, end } = reading;
  let version = 0;
  let p = at;
  for (; p < at + 3 && p < end && bytes[p]! >= 0x30 && bytes[p]! <= 0x39; p++) version = version * 10 + bytes[p]! - 48;
  if (p >= end || bytes[p] !== SPACE || version === 0 || bytes[at] === 0x30) return false;
  p = readStamp(reading, p + 1);
  if (p < 0) return false;
  p = field(reading, SPAN.hostname, p + 1, MAX_HOSTNAME);
  if (p < 0 || batch.lengths[reading.base + SPAN.hostname]! > MAX_HOSTNAME) return false;
  if (batch.lengths[reading.base + SPAN.hostname]! < 0) reading.flags |= BIT.noHostname;
  p = field(reading, SPAN.appname, p + 1, MAX_APPNAME);
  if (p < 0) return false;
  p = field(reading, SPAN.procid, p + 1, MAX_PROCID);
  if (p < 0) return false;
  p = lastField(reading, p + 1);
  if (p < 0) return false;
  batch.version[row] = version;
  batch.format[row] = FORMAT.rfc5424;
  readBody(reading, p + 1);
  return true;
}

function readStamp(reading: Reading, at: number): number {
  const { bytes, end, stamps } = reading;
  if (at + 1 < end && bytes[at] === MINUS && bytes[at + 1] === SPACE) {
    reading.flags |= BIT.noTimestamp;
    return at + 1;
  }
  const p = stamps.iso(reading, at);
  if (p < 0 || p >= end || bytes[p] !== SPACE) return -1;
  reading.takeStamp();
  return p;
}

/** Reads a field that a space ends, NILVALUE being absent. @returns the index of that space, or -1 */
function field(reading: Reading, span: number, at: number, limit: number): number {
  const { bytes, end } = reading;
  let p = at;
  while (p < end && bytes[p]! > SPACE) p++;
  if (p === at || p >= end || bytes[p] !== SPACE) return -1;
  if (p !== at + 1 || bytes[at] !== MINUS) setField(reading, span, at, p, limit);
  return p;
}

/** MSGID; lenient where the text ends right after it, which lacks its STRUCTURED-DATA. */
function lastField(reading: Reading, at: number): number {
  const { bytes, end } = reading;
  let p = at;
  while (p < end && bytes[p]! > SPACE) p++;
  if (p === at || (p < end && bytes[p] !== SPACE)) return -1;
  if (p !== at + 1 || bytes[at] !== MINUS) setField(reading, SPAN.msgid, at, p, MAX_MSGID);
  return p;
}

function setField(reading: Reading, span: number, from: number, to: number, limit: number): void {
  if (to - from <= limit) {
    reading.set(span, from, to);
    return;
  }
  reading.flags |= BIT.parseError;
  // A host name is not cut: what is too long for one is something else.
  reading.set(span, from, span === SPAN.hostname ? to : characterStart(reading.bytes, from, from + limit));
}

/** The last index at or before `to` where a character begins. */
function characterStart(bytes: Uint8Array, from: number, to: number): number {
  let p = to;
  while (p > from && p > to - 3 && (bytes[p]! & 0xc0) === 0x80) p--;
  return p;
}

/**
 * STRUCTURED-DATA and MSG. Where the former is missing or broken, all that is left is the message, and the frame
 * is kept. Exactly one space comes before MSG; further ones belong to it.
 */
function readBody(reading: Reading, at: number): void {
  const { bytes, end } = reading;
  let p = -1;
  if (at < end && bytes[at] === MINUS) {
    p = at + 1;
  } else if (at < end && bytes[at] === OPEN) {
    p = structuredDataEnd(reading, at);
    if (p > 0) reading.set(SPAN.structuredData, at, p);
  }
  let text = p + 1;
  if (p !== end && (p < 0 || bytes[p] !== SPACE)) {
    reading.flags |= BIT.parseError;
    text = p > 0 && bytes[at] === OPEN ? p : at;
  }
  reading.message(text);
}
