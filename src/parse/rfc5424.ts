import { ABSENT, SPAN } from '../model/batch.ts';
import { BIT, FORMAT } from './bits.ts';
import { applyTail, putNotes } from './headers/header.ts';
import { wordEnd } from './headers/host.ts';
import { readAnyStamp } from './headers/lenient-stamp.ts';
import { isKnownElement, isProgram } from './names.ts';
import type { ParseState } from './parse-state.ts';
import { readBehindRelay } from './headers/relayed.ts';
import { structuredDataEnd } from './structured.ts';
import { readTail } from './headers/tail.ts';

const SPACE = 0x20;
const MINUS = 0x2d;
const COLON = 0x3a;
const OPEN = 0x5b;
const EQUALS = 0x3d;
const LOWER_A = 0x61;
/** Limits of RFC 5424 §6. A longer HOSTNAME is not one; the other fields are cut. */
const MAX_HOSTNAME = 255;
const MAX_APPNAME = 48;
const MAX_PROCID = 128;
const MAX_MSGID = 32;
const EMPTY_APP = /^ - - - /;

/**
 * Reads `VERSION SP TIMESTAMP …` from `at` (RFC 5424 §6), also with a VERSION of 0, which rsyslog's
 * `%PROTOCOL-VERSION%` is for lines of RFC 3164. A header that breaks off after the stamp is kept as
 * far as it is whole. @returns false if it is not an RFC 5424 header; the row may then be filled in
 * part
 */
export function readRfc5424(state: ParseState, at: number): boolean {
  const { bytes, batch, row, end } = state;
  let version = 0;
  let p = at;
  for (; p < at + 3 && p < end && bytes[p]! >= 0x30 && bytes[p]! <= 0x39; p++) version = version * 10 + bytes[p]! - 48;
  if (p >= end || bytes[p] !== SPACE || (bytes[at] === 0x30 && p > at + 1)) return false;
  const stamp = p + 1;
  p = readStamp(state, stamp);
  const strict = p >= 0;
  if (!strict) {
    // A stamp of another form: the rest must then be whole.
    p = readAnyStamp(state, stamp);
    if (p < 0 || p >= end || bytes[p] !== SPACE) return false;
    state.takeStamp();
  }
  batch.version[row] = version;
  batch.format[row] = FORMAT.rfc5424;
  const host = p + 1;
  const rest = readHost(state, host);
  const whole = rest >= 0 && readFields(state, rest);
  if (whole) return true;
  if (strict) readBroken(state, rest >= 0 ? rest : host);
  return strict;
}

function readStamp(state: ParseState, at: number): number {
  const { bytes, end, stamps } = state;
  if (at + 1 < end && bytes[at] === MINUS && bytes[at + 1] === SPACE) {
    state.flags |= BIT.noTimestamp;
    return at + 1;
  }
  const p = stamps.iso(state, at);
  if (p < 0 || (p < end && bytes[p] !== SPACE)) return -1;
  state.takeStamp();
  return p;
}

/** Reads HOSTNAME. @returns where the next field begins; -1 if it is empty or too long */
function readHost(state: ParseState, at: number): number {
  const { bytes, end } = state;
  let p = at;
  while (p < end && bytes[p]! > SPACE) p++;
  if (p === at || p - at > MAX_HOSTNAME || (p < end && bytes[p] !== SPACE)) return -1;
  if (p === at + 1 && bytes[at] === MINUS) state.flags |= BIT.noHostname;
  else state.set(SPAN.hostname, at, p);
  return p + 1;
}

/** Reads APP-NAME to MSG. @returns false if the header breaks off, or is a text that looks like one */
function readFields(state: ParseState, at: number): boolean {
  const { bytes } = state;
  if (bytes[at] === SPACE && EMPTY_APP.test(state.head(at))) {
    // rsyslog writes no APP-NAME for a tag that is empty.
    state.flags |= BIT.parseError;
    return readBody(state, at + 5);
  }
  const procid = field(state, SPAN.appname, at, MAX_APPNAME) + 1;
  if (procid <= 0 || (bytes[procid - 2] === COLON && !isProcess(state, procid))) return false;
  const msgid = field(state, SPAN.procid, procid, MAX_PROCID) + 1;
  if (msgid <= 0) return false;
  const p = lastField(state, msgid);
  if (p < 0) return false;
  if (readBody(state, p + 1)) return true;
  // Heroku writes no STRUCTURED-DATA, and a name for PROCID.
  const heroku = p === msgid + 1 && bytes[msgid] === MINUS && bytes[procid]! >= LOWER_A;
  if ((!heroku && !isProcess(state, procid)) || !isName(state, at, procid - 1)) return false;
  state.flags |= BIT.parseError;
  state.message(p + 1);
  return true;
}

/** Whether APP-NAME [from, to) can be one although the header is not whole. */
function isName(state: ParseState, from: number, to: number): boolean {
  const word = state.batch.arena.toString('latin1', from, to);
  return word === '-' || isProgram(word);
}

/** Whether the word at `at` is a NILVALUE or begins as a process id does. */
function isProcess({ bytes, end }: ParseState, at: number): boolean {
  if (at >= end) return false;
  return (
    (bytes[at]! >= 0x30 && bytes[at]! <= 0x39) || (bytes[at] === MINUS && (at + 1 >= end || bytes[at + 1] === SPACE))
  );
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
  state.set(span, from, characterStart(state.bytes, from, from + limit));
}

/** The last index at or before `to` where a character begins. */
function characterStart(bytes: Uint8Array, from: number, to: number): number {
  let p = to;
  while (p > from && p > to - 3 && (bytes[p]! & 0xc0) === 0x80) p--;
  return p;
}

/**
 * Reads STRUCTURED-DATA and MSG. One space comes before MSG; a second one is dropped, because
 * rsyslog's templates write it. @returns false if STRUCTURED-DATA is missing
 */
function readBody(state: ParseState, at: number): boolean {
  const { bytes, batch, base, end } = state;
  const first = at < end ? bytes[at] : 0;
  if (first === MINUS && (at + 1 >= end || bytes[at + 1] === SPACE)) {
    const blank = at + 2 < end && bytes[at + 2] === SPACE;
    state.message(blank ? at + 3 : at + 2);
    if (batch.lengths[base + SPAN.procid]! < 0 && batch.lengths[base + SPAN.msgid]! < 0) readBehindRelay(state, blank);
    return true;
  }
  const p = first === OPEN ? structuredDataEnd(state, at) : -1;
  if (p < 0 || !isStructured(state, at, p)) return false;
  state.set(SPAN.structuredData, at, p);
  if (p < end && bytes[p] !== SPACE) {
    state.flags |= BIT.parseError;
    state.message(p);
  } else state.message(p + 1 < end && bytes[p + 1] === SPACE ? p + 2 : p + 1);
  return true;
}

/**
 * Whether the elements [from, to) are STRUCTURED-DATA: words in brackets without parameters are so
 * only if each has an id that RFC 5424 §6.3.2 allows, `name@number` or a registered one.
 */
function isStructured(state: ParseState, from: number, to: number): boolean {
  const { bytes } = state;
  for (let p = from; p < to; p++) if (bytes[p] === EQUALS) return true;
  const ids = state.batch.arena.toString('latin1', from + 1, to - 1).split('][');
  return ids.every((id) => isKnownElement(id.trim()));
}

/**
 * Keeps of a header that breaks off what is whole: APP-NAME and PROCID if an empty field, a NILVALUE
 * or a number shows that they are no text. `at` is where APP-NAME or an empty HOSTNAME begins.
 */
function readBroken(state: ParseState, at: number): void {
  const { batch, base, bytes, end } = state;
  state.flags |= BIT.parseError;
  for (const span of [SPAN.appname, SPAN.procid, SPAN.msgid]) batch.lengths[base + span] = ABSENT;
  if (batch.lengths[base + SPAN.hostname]! < 0 && (state.flags & BIT.noHostname) === 0) state.hostIsPeer(SPAN.hostname);
  let p = at;
  const to = wordEnd(state, p);
  const isNil = to === p + 1 && bytes[p] === MINUS;
  const next = to + 1;
  const named = to > p && to < end && isName(state, p, to);
  if (named && (next >= end || bytes[next] === SPACE || isProcess(state, next))) {
    if (!isNil) setField(state, SPAN.appname, p, to, MAX_APPNAME);
    p = next;
    const after = wordEnd(state, p);
    if (after > p) {
      if (bytes[p] !== MINUS || after > p + 1) setField(state, SPAN.procid, p, after, MAX_PROCID);
      p = Math.min(after + 1, end);
    }
    state.message(p < end && bytes[p] === SPACE ? p + 1 : p);
    return;
  }
  const from = p < end && bytes[p] === SPACE ? p + 1 : Math.min(p, end);
  const length = batch.lengths[base + SPAN.hostname]!;
  const host = batch.offsets[base + SPAN.hostname]!;
  const tail = readTail(state, from, length < 0 ? undefined : { from: host, to: host + length });
  putNotes(state, tail.note);
  applyTail(state, tail);
}
