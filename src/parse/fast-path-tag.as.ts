/*
 * AssemblyScript, a part of `fast-path.as.ts`: host and tag of a line of RFC 3164 whose stamp is one
 * of RFC 3339, as rsyslog's RSYSLOG_ForwardFormat writes them. It reads what `bsd.ts` reads, if
 * nothing in it is doubtful.
 */

import { countDigits, isIn, isSuspect, NO_HOSTS } from './fast-path-device.as';

@external("batch", "arena") declare const arena: usize;
@external("batch", "offsets") declare const offsets: usize;
@external("batch", "lengths") declare const lengths: usize;

/** Where the first byte is that is no letter, no digit, and none of `.`, `-`, `/` and `_`. */
// @ts-ignore
@inline function wordEnd(at: usize, end: usize): usize {
  while (at < end) {
    const bytes = v128.load(at);
    const lower = v128.or(bytes, i8x16.splat(0x20));
    let word = i8x16.le_u(i8x16.sub(lower, i8x16.splat(0x61)), i8x16.splat(25));
    // `-`, `.`, `/` and digits lie beside each other.
    word = v128.or(word, i8x16.le_u(i8x16.sub(bytes, i8x16.splat(0x2d)), i8x16.splat(12)));
    const others = ~i8x16.bitmask(v128.or(word, i8x16.eq(bytes, i8x16.splat(0x5f)))) & 0xffff;
    if (others) return at + ctz(others);
    at += 16;
  }
  return end;
}

/** Whether a byte is a letter or a digit. */
// @ts-ignore
@inline function isAlphanumeric(byte: u32): u32 {
  return u32((byte | 0x20) - 0x61 < 26) | u32(byte - 0x30 < 10);
}

/** Whether the word of up to 16 bytes is digits and three points. */
function isIPv4(at: usize, length: u32): bool {
  if (length > 15) return false;
  const bytes = v128.load(at);
  const within = (1 << length) - 1;
  const points = i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(0x2e))) & within;
  const digits = i8x16.bitmask(i8x16.le_u(i8x16.sub(bytes, i8x16.splat(0x30)), i8x16.splat(9)));
  return popcnt(points) == 3 && ((points | digits) & within) == within;
}

/** Where the host at `at` ends before a space; 0 if it is none or doubtful. */
// @ts-ignore
@inline function hostEnd(at: usize, end: usize): usize {
  const to = wordEnd(at, end);
  const length = <u32>(to - at);
  if (u32(length - 1 > 254) | u32(to >= end) | u32(load<u8>(to) != 0x20)) return 0;
  // A slash is for devices.
  for (let p = at; p < to; p += 16) {
    const slashes = i8x16.bitmask(i8x16.eq(v128.load(p), i8x16.splat(0x2f)));
    if ((slashes & (to - p < 16 ? (1 << <u32>(to - p)) - 1 : 0xffff)) != 0) return 0;
  }
  if (!isAlphanumeric(load<u8>(to - 1))) return 0;
  if (load<u8>(at) <= 0x39) return isIPv4(at, length) ? to : 0;
  return isSuspect(at, length, NO_HOSTS) ? 0 : to;
}

/** Where the process id at `at` ends before its bracket; 0 if it has none. */
// @ts-ignore
@inline function pidEnd(at: usize, end: usize): usize {
  let p = at;
  while (p < end) {
    const bytes = v128.load(p);
    const brackets = v128.or(i8x16.eq(bytes, i8x16.splat(0x5b)), i8x16.eq(bytes, i8x16.splat(0x5d)));
    const found = i8x16.bitmask(v128.or(brackets, i8x16.le_u(bytes, i8x16.splat(0x20))));
    if (found) {
      p += ctz(found);
      return u32(p > at) & u32(p < end) & u32(load<u8>(p) == 0x5d) ? p : 0;
    }
    p += 16;
  }
  return 0;
}

/** Whether the text after a tag without a process id may be a device's header; as in `bsd.ts`. */
// @ts-ignore
@inline function mayBeDevice(at: usize, end: usize): u32 {
  const first = <u32>load<u8>(at);
  const short = u32(at + 12 >= end);
  const clock = u32(load<u8>(at, 9) == 0x3a) | (u32(load<u8>(at, 3) == 0x20) & u32(load<u8>(at, 12) == 0x3a));
  const count = countDigits(at);
  const after = <u32>load<u8>(at + count);
  const year = u32(load<u8>(at, 4) == 0x2d) | u32(load<u8>(at, 4) == 0x20);
  const number = u32(count > 0) & (year | u32(after == 0x3a) | u32(count > 15));
  // `%`, `*`, `.`
  const mark = isIn(0x00004420, first);
  return (short & u32(first < 0x30) & u32(at < end)) | ((short ^ 1) & (clock | number | mark));
}

/**
 * Reads host and tag, of which the host begins at `at`, into the spans of a row; `span` is the byte
 * offset of the row in both columns of spans. @returns the address of the text; 0 if the line has
 * another form or anything in it is doubtful
 */
export function readTagged(span: usize, at: usize, end: usize): usize {
  const name = hostEnd(at, end);
  if (name == 0) return 0;
  store<u32>(offsets + span, <u32>(at - arena));
  store<u32>(lengths + span, <u32>(name - at));
  at = name + 1;
  let p = wordEnd(at, end);
  const length = <u32>(p - at);
  const letter = u32((<u32>load<u8>(at) | 0x20) - 0x61 < 26);
  if (u32(letter == 0) | u32(length == 0) | u32(p >= end) | isSuspect(at, length)) return 0;
  store<u32>(offsets + span, <u32>(at - arena), 4);
  store<u32>(lengths + span, length, 4);
  let pid: usize = 0;
  if (load<u8>(p) == 0x5b) {
    pid = p + 1;
    p = pidEnd(pid, end);
    if (p == 0) return 0;
    store<u32>(offsets + span, <u32>(pid - arena), 8);
    store<u32>(lengths + span, <u32>(p - pid), 8);
    p += 1;
  } else store<i32>(lengths + span, -1, 8);
  store<i32>(lengths + span, -1, 12);
  if (u32(p >= end) | u32(load<u8>(p) != 0x3a)) return 0;
  p += 1;
  const spaced = u32(p < end) & u32(load<u8>(p) == 0x20);
  if (u32(pid == 0) & u32(p < end)) {
    if ((spaced ^ 1) | mayBeDevice(p + 1, end)) return 0;
  }
  return p + spaced;
}
