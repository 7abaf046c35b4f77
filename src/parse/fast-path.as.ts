/*
 * AssemblyScript: `node scripts/wasm.ts` compiles it into `fast-path.wasm.ts`, which `fast-path.ts`
 * runs.
 *
 * Reads frames of the two common forms straight into the columns of a batch: RFC 5424, and RFC 3164
 * with a stamp of RFC 3339; rsyslog's templates for forwarding write both. It leaves every other frame
 * to the parser in TypeScript, which defines what a frame means: this is the same in less time, and a
 * law compares the two.
 *
 * The memory is the memory of the batch: the frame table, the columns and the arena lie at
 * addresses that come as globals. A load may touch up to 63 bytes beyond a frame. Conditions joined
 * by `|` instead of `||` are cheaper to compute together than to branch on.
 */

import { mayHideHeader } from './fast-path-device.as';
import { elementsEnd } from './fast-path-elements.as';
import { readStamp, stampMs, stampOffset, stampUs } from './fast-path-stamp.as';
import { readTagged } from './fast-path-tag.as';

@external("batch", "arena") declare const arena: usize;
@external("batch", "receivedAt") declare const receivedAts: usize;
@external("batch", "sequence") declare const sequences: usize;
@external("batch", "priority") declare const priorities: usize;
@external("batch", "format") declare const formats: usize;
@external("batch", "version") declare const versions: usize;
@external("batch", "flags") declare const flagBits: usize;
@external("batch", "timestamp") declare const timestamps: usize;
@external("batch", "timestampUs") declare const timestampsUs: usize;
@external("batch", "timestampOffset") declare const timestampOffsets: usize;
@external("batch", "originalLength") declare const originalLengths: usize;
@external("batch", "source") declare const rowSources: usize;
@external("batch", "stream") declare const streams: usize;
@external("batch", "offsets") declare const offsets: usize;
@external("batch", "lengths") declare const lengths: usize;
// The frame table: where each frame begins in the arena, its length, its source (u32 each), and its
// flags (u8).
@external("frame", "start") declare const frameStarts: usize;
@external("frame", "length") declare const frameLengths: usize;
@external("frame", "source") declare const frameSources: usize;
@external("frame", "flags") declare const frameFlags: usize;
// Values of columns, and how far a sender's clock may be from the time of arrival, ms.
@external("value", "rfc3164") declare const rfc3164: u32;
@external("value", "rfc5424") declare const rfc5424: u32;
@external("value", "noHostname") declare const noHostname: u32;
@external("value", "clockSkew") declare const clockSkew: u32;
@external("value", "skewAhead") declare const skewAhead: f64;
@external("value", "skewBehind") declare const skewBehind: f64;

/** Whether all bytes of [at, end), of which there are at least 16, are ASCII. */
function isAscii(at: usize, end: usize): bool {
  const last = end - 16;
  let all = v128.load(last);
  while (at + 16 < last) {
    all = v128.or(all, v128.or(v128.load(at), v128.load(at, 16)));
    at += 32;
  }
  if (at < last) all = v128.or(all, v128.load(at));
  return i8x16.bitmask(all) == 0;
}

/** Bytes that are checked at once: where a line ends is then no branch that is predicted badly. */
const WINDOW: usize = 1024;
/** The last bytes that were found to be ASCII, and where the last window ends that was not. */
let asciiFrom: usize = 0;
let asciiTo: usize = 0;
let otherTo: usize = 0;
/** Where the frames of the call end. */
let framesEnd: usize = 0;

/** Whether the frame [start, end) is ASCII. */
// @ts-ignore
@inline function isAsciiLine(start: usize, end: usize): bool {
  return u32(start >= asciiFrom) & u32(end <= asciiTo) ? true : checkWindow(start, end);
}

/** Checks this frame, and then the bytes behind it for the next ones. */
function checkWindow(start: usize, end: usize): bool {
  if (!isAscii(start, end)) return false;
  const to = min(start + WINDOW, framesEnd);
  if (u32(to >= end + 16) & u32(start >= otherTo)) {
    if (isAscii(end, to)) {
      asciiFrom = start;
      asciiTo = to;
    } else otherTo = to;
  }
  return true;
}

/**
 * Where the field that begins at `at` ends; 0 if it is empty, is longer than `limit`, or does not
 * end with a space before `end`.
 */
// @ts-ignore
@inline function fieldEnd(at: usize, end: usize, limit: u32): usize {
  let p = at;
  let found: i32;
  for (;;) {
    found = i8x16.bitmask(i8x16.le_u(v128.load(p), i8x16.splat(0x20)));
    if (found) break;
    p += 16;
    if (p >= end) return 0;
  }
  p += ctz(found);
  const length = <u32>(p - at);
  if (u32(length == 0) | u32(length > limit) | u32(p >= end) | u32(load<u8>(p) != 0x20)) return 0;
  return p;
}

/**
 * Stores the field [at, to) in the span at the byte offset `span` of both columns of spans.
 * @returns its length; -1 for a NILVALUE, which stays absent
 */
// @ts-ignore
@inline function storeField(span: usize, at: usize, to: usize): i32 {
  // `- `
  const length = select<i32>(-1, <i32>(to - at), load<u16>(at) == 0x202d);
  store<u32>(offsets + span, <u32>(at - arena));
  store<i32>(lengths + span, length);
  return length;
}

/** The digits of the number that `readPriority` read. */
let digits: usize = 0;

/** Reads the number of PRI, 0 to 191 without leading zeros, and its `>`. @returns -1 if it is not valid */
// @ts-ignore
@inline function readPriority(at: usize): i32 {
  const bytes = load<u32>(at);
  // The lowest bit that is set is that of the first `>`.
  const differs = bytes ^ 0x3e3e3e3e;
  const found = (differs - 0x01010101) & ~differs & 0x80808080;
  const count = ctz(found) >> 3;
  // Hundreds, tens and ones in the three upper bytes; what is not there is 0.
  const number = (bytes ^ 0x30303030) << (32 - (count << 3));
  const bad = (number & 0xf0f0f0f0) | ((number + 0x06060606) & 0xf0f0f0f0) | (number & 0xff);
  const value = ((number >> 8) & 15) * 100 + ((number >> 16) & 15) * 10 + (number >> 24);
  digits = count;
  const zero = u32((bytes & 0xff) == 0x30) & u32(count > 1);
  if (u32(count - 1 > 2) | u32(bad != 0) | zero | u32(value > 191)) return -1;
  return value;
}

/** Whether the last frame that was read has no host. */
let isHostless: bool = false;

/**
 * Reads the fields after the stamp of RFC 5424, of which HOSTNAME begins at `host`, into the spans of
 * a row; `spans` is the byte offset of the row in both columns of spans. @returns the address of MSG;
 * 0 if a field is not of the common form
 */
// @ts-ignore
@inline function readFields(spans: usize, host: usize, end: usize): usize {
  // HOSTNAME, APP-NAME, PROCID and MSGID, with the limits of RFC 5424 §6.
  let at = fieldEnd(host, end, 255);
  if (at == 0) return 0;
  const hostLength = storeField(spans, host, at);
  isHostless = hostLength < 0;
  const app = at + 1;
  at = fieldEnd(app, end, 48);
  if (at == 0) return 0;
  const appLength = storeField(spans + 4, app, at);
  const pid = at + 1;
  at = fieldEnd(pid, end, 128);
  if (at == 0) return 0;
  const pidLength = storeField(spans + 8, pid, at);
  const id = at + 1;
  at = fieldEnd(id, end, 32);
  if (at == 0) return 0;
  const idLength = storeField(spans + 12, id, at);
  at += 1;
  if (at >= end) return 0;
  // `app: pid` is a tag and text.
  if (u32(load<u16>(pid - 2) == 0x203a) & u32(pidLength >= 0)) return 0;
  // STRUCTURED-DATA, then the end, or a space and MSG, of which rsyslog's templates begin with a space.
  const byte = <u32>load<u8>(at);
  let next: usize;
  if (byte == 0x2d) next = at + 1;
  else {
    if (byte != 0x5b) return 0;
    next = elementsEnd(at, end);
    if (next == 0 || next > end) return 0;
    store<u32>(offsets + spans, <u32>(at - arena), 16);
    store<u32>(lengths + spans, <u32>(next - at), 16);
  }
  at = end;
  if (next < end) {
    if (load<u8>(next) != 0x20) return 0;
    at = next + 1;
    at += <usize>(u32(load<u8>(at) == 0x20) & u32(at < end));
  }
  // No PROCID, MSGID and STRUCTURED-DATA.
  if (u32(byte == 0x2d) & u32((pidLength & idLength) < 0)) {
    if (mayHideHeader(at, end, host, hostLength, app, appLength)) return 0;
  }
  return at;
}

/**
 * Reads the frame [start, frameEnd) into a row. @returns false if it is not of the common form; the
 * row is then void
 */
function readLine(row: u32, start: usize, frameEnd: usize, receivedAt: f64): bool {
  let end = frameEnd;
  if (end - start < 32) return false;
  // LF, CR and NUL at the end belong to the transport.
  for (;;) {
    const last = <u32>load<u8>(end - 1);
    if (last > 0x0d) break;
    if (last != 0 && last != 0x0a && last != 0x0d) break;
    end -= 1;
    if (end - start < 32) return false;
  }
  if (load<u8>(start) != 0x3c) return false;
  const priority = readPriority(start + 1);
  if (priority < 0) return false;
  let at = start + 2 + digits;
  // `1 ` is the VERSION of RFC 5424; a year without it, RFC 3164 with a stamp of RFC 3339.
  const version = u32(load<u16>(at) == 0x2031);
  if (u32(version == 0) & u32(load<u8>(at) != 0x32)) return false;
  if (!isAsciiLine(start, end)) return false;
  at = readStamp(at + (version << 1));
  if (at == 0) return false;
  if (u32(at >= end) | u32(load<u8>(at) != 0x20)) return false;
  const spans = <usize>row << 5;
  v128.store(lengths + spans, i32x4.splat(-1), 16);
  isHostless = false;
  at = version ? readFields(spans, at + 1, end) : readTagged(spans, at + 1, end);
  if (at == 0) return false;
  store<u32>(offsets + spans, <u32>(at - arena), 20);
  store<u32>(lengths + spans, <u32>(end - at), 20);
  // The other columns.
  let flags: u32 = isHostless ? noHostname : 0;
  const late = receivedAt - <f64>stampMs;
  if (u32(late > skewBehind) | u32(late < -skewAhead)) flags |= clockSkew;
  store<u8>(priorities + row, priority);
  store<u8>(formats + row, version ? rfc5424 : rfc3164);
  store<u16>(versions + (row << 1), version);
  store<u16>(timestampsUs + (row << 1), stampUs);
  store<u16>(timestampOffsets + (row << 1), stampOffset);
  store<u16>(streams + (row << 1), 0);
  store<u32>(flagBits + (row << 2), flags);
  store<u32>(originalLengths + (row << 2), 0);
  store<f64>(receivedAts + (row << 3), receivedAt);
  store<f64>(timestamps + (row << 3), <f64>stampMs);
  return true;
}

/**
 * Reads the frames [from, to) of the frame table into rows from `firstRow` on, which arrived at
 * `receivedAt` and have the sequences from `firstSequence` on. @returns how many it read: the next
 * one has flags or is not of the common form
 */
export function read(from: u32, to: u32, firstRow: u32, receivedAt: f64, firstSequence: f64): u32 {
  let row = firstRow;
  let sequence = firstSequence;
  let frame = from;
  asciiTo = 0;
  otherTo = 0;
  framesEnd = arena;
  if (to > from) framesEnd += load<u32>(frameStarts + ((<usize>to - 1) << 2)) + load<u32>(frameLengths + ((<usize>to - 1) << 2));
  while (frame < to) {
    if (load<u8>(frameFlags + frame) != 0) break;
    const at = <usize>frame << 2;
    const start = arena + load<u32>(frameStarts + at);
    if (!readLine(row, start, start + load<u32>(frameLengths + at), receivedAt)) break;
    store<u32>(rowSources + (<usize>row << 2), load<u32>(frameSources + at));
    store<f64>(sequences + (<usize>row << 3), sequence);
    sequence += 1;
    row += 1;
    frame += 1;
  }
  return frame - from;
}

// An exported function is not inlined. Not all frames need these, and inlined they slow down the others.
export { mayHideHeader, readTagged };
