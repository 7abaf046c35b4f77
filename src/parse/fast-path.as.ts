/*
 * AssemblyScript: `node scripts/wasm.ts` compiles it into `fast-path.wasm.ts`, which `fast-path.ts`
 * runs.
 *
 * Reads frames of the common form of RFC 5424 straight into the columns of a batch. It leaves every
 * other frame to the parser in TypeScript, which defines what a frame means: this is the same in
 * less time, and a law compares the two.
 *
 * The memory is the memory of the batch: the frame table, the columns and the arena lie at
 * addresses that come as globals. A load may touch up to 63 bytes beyond a frame. Conditions joined
 * by `|` instead of `||` are cheaper to compute together than to branch on.
 */

import { mayHideHeader } from './fast-path-device.as';
import { readStamp, stampMs, stampOffset, stampUs } from './fast-path-stamp.as';

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
@external("value", "rfc5424") declare const rfc5424: u32;
@external("value", "noHostname") declare const noHostname: u32;
@external("value", "clockSkew") declare const clockSkew: u32;
@external("value", "skewAhead") declare const skewAhead: f64;
@external("value", "skewBehind") declare const skewBehind: f64;

/** Whether all bytes of [at, end), of which there are at least 16, are ASCII. */
// @ts-ignore
@inline function isAscii(at: usize, end: usize): bool {
  const last = end - 16;
  let all = v128.load(last);
  while (at < last) {
    all = v128.or(all, v128.load(at));
    at += 16;
  }
  return i8x16.bitmask(all) == 0;
}

/**
 * Reads HOSTNAME, APP-NAME, PROCID and MSGID, of which the first begins at `at`, into the spans of
 * a row; `span` is the byte offset of the row in both columns of spans. NILVALUE stays absent.
 * @returns the address after the space behind MSGID; 0 if a field is empty, is longer than RFC 5424
 * §6 allows, or does not end with a space before `end`
 */
function readFields(span: usize, at: usize, end: usize): usize {
  const printable = i8x16.splat(0x21);
  // The longest HOSTNAME, APP-NAME, PROCID and MSGID: 255, 48, 128 and 32 bytes, 16 bits each.
  let limits: u64 = 0x00200080003000ff;
  do {
    let p = at;
    let found: i32;
    for (;;) {
      found = i8x16.bitmask(i8x16.lt_u(v128.load(p), printable));
      if (found) break;
      p += 16;
      if (p >= end) return 0;
    }
    p += ctz(found);
    const length = <u32>(p - at);
    if (u32(length == 0) | u32(length > (<u32>limits & 0xffff)) | u32(p >= end) | u32(load<u8>(p) != 0x20)) return 0;
    // `- `
    if (load<u16>(at) != 0x202d) {
      store<u32>(offsets + span, <u32>(at - arena));
      store<u32>(lengths + span, length);
    }
    at = p + 1;
    span += 4;
    limits >>= 16;
  } while (limits != 0);
  return at;
}

/** Where the SD-NAME that begins at `at` ends (RFC 5424 §6.3.2). */
function nameEnd(at: usize, end: usize): usize {
  while (at < end) {
    const byte = <u32>load<u8>(at);
    if (byte <= 0x20 || byte == 0x22 || byte == 0x3d || byte == 0x5d || byte == 0x7f) break;
    at += 1;
  }
  return at;
}

/**
 * @returns the address after the SD-ELEMENTs that begin at `at`; 0 if one is broken, signed or
 * without parameters, because it may then be the text's
 */
function elementsEnd(at: usize, end: usize): usize {
  do {
    // `ssig`: the hashes of RFC 5848 are over the exact octets.
    if (load<u32>(at, 1) == 0x67697373) return 0;
    const id = at + 1;
    let name = id;
    at = nameEnd(id, end);
    if (at == name) return 0;
    for (;;) {
      const gap = at;
      for (;;) {
        if (at >= end) return 0;
        if (load<u8>(at) != 0x20) break;
        at += 1;
      }
      if (load<u8>(at) == 0x5d) {
        if (name == id) return 0;
        break;
      }
      name = at;
      at = nameEnd(at, end);
      // `="`
      if (name == gap || at == name || load<u16>(at) != 0x223d) return 0;
      at += 2;
      for (;;) {
        if (at >= end) return 0;
        const byte = <u32>load<u8>(at);
        at += 1;
        if (byte == 0x22) break;
        if (byte == 0x5d) return 0;
        if (byte == 0x5c) at += 1;
      }
    }
    at += 1;
  } while (at < end && load<u8>(at) == 0x5b);
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
  if (!isAscii(start, end)) return false;
  // PRI: `<0>` to `<191>`, without leading zeros.
  if (load<u8>(start) != 0x3c) return false;
  let at = start + 1;
  let priority: u32 = 0;
  do {
    const digit = <u32>load<u8>(at) - 0x30;
    if (digit > 9) break;
    priority = priority * 10 + digit;
    at += 1;
  } while (at - start <= 3);
  const zero = u32(load<u8>(start, 1) == 0x30) & u32(at - start > 2);
  if (u32(at - start == 1) | u32(priority > 191) | zero) return false;
  // `>1 `
  if ((load<u32>(at) & 0xffffff) != 0x20313e) return false;
  at = readStamp(at + 3);
  if (at == 0) return false;
  if (u32(at >= end) | u32(load<u8>(at) != 0x20)) return false;
  const spans = <usize>row << 5;
  v128.store(lengths + spans, i32x4.splat(-1));
  v128.store(lengths + spans, i32x4.splat(-1), 16);
  at = readFields(spans, at + 1, end);
  if (at == 0) return false;
  if (at >= end) return false;
  // `app: pid` is a tag and text; without a PROCID, its offset is that of an earlier row.
  const tag = load<u16>(arena + load<u32>(offsets + spans, 8) - 2) == 0x203a;
  if (u32(tag) & u32(load<i32>(lengths + spans, 8) >= 0)) return false;
  // STRUCTURED-DATA, then the end, or a space and MSG, of which rsyslog's templates begin with a space.
  const byte = <u32>load<u8>(at);
  let next: usize;
  if (byte == 0x2d) next = at + 1;
  else {
    if (byte != 0x5b) return false;
    next = elementsEnd(at, end);
    if (next == 0 || next > end) return false;
    store<u32>(offsets + spans, <u32>(at - arena), 16);
    store<u32>(lengths + spans, <u32>(next - at), 16);
  }
  at = end;
  if (next < end) {
    if (load<u8>(next) != 0x20) return false;
    at = next + 1;
    at += <usize>(u32(load<u8>(at) == 0x20) & u32(at < end));
  }
  // No PROCID, MSGID and STRUCTURED-DATA.
  if (u32(byte == 0x2d) & u32(load<i64>(lengths + spans, 8) == -1)) {
    if (mayHideHeader(spans, at, end)) return false;
  }
  store<u32>(offsets + spans, <u32>(at - arena), 20);
  store<u32>(lengths + spans, <u32>(end - at), 20);
  // The other columns.
  let flags: u32 = 0;
  if (load<i32>(lengths + spans) < 0) flags = noHostname;
  const late = receivedAt - <f64>stampMs;
  if (u32(late > skewBehind) | u32(late < -skewAhead)) flags |= clockSkew;
  store<u8>(priorities + row, priority);
  store<u8>(formats + row, rfc5424);
  store<u16>(versions + (row << 1), 1);
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
