/*
 * AssemblyScript, a part of `fast-path.as.ts`: whether a frame may have the header of a device behind
 * that of a relay. Then the parser in TypeScript reads it.
 */

@external("batch", "arena") declare const arena: usize;
@external("batch", "offsets") declare const offsets: usize;
@external("batch", "lengths") declare const lengths: usize;
@external("frame", "words") declare const words: usize;

/** Whether the word at `at` may be a level, a facility, a day, a month or a zone; see `names.ts`. */
// @ts-ignore
@inline function isSuspect(at: usize, length: u32): bool {
  if (length < 3) return load<u8>(at) == 0x5a;
  const key = (<usize>load<u8>(at) & 31) | ((<usize>load<u8>(at, 2) & 31) << 5);
  return length < 32 && ((load<u32>(words + (key << 2)) >> length) & 1) != 0;
}

/** Whether the digits at `at` may begin a stamp or be a number of a device; as in `relayed.ts`. */
function isNumberStart(at: usize, end: usize): bool {
  let p = at + 1;
  while (p < end) {
    if (<u32>load<u8>(p) - 0x30 > 9) break;
    p += 1;
  }
  if (p >= end) return false;
  const digits = <u32>(p - at);
  const mark = <u32>load<u8>(p);
  if (mark == 0x2e) return digits == 4 || digits > 8;
  return mark == 0x3a || mark == 0x20 || mark == 0x2d || mark == 0x2f;
}

/**
 * Whether APP-NAME may be the first word of a device's header behind a relay, or the text
 * [text, end) its beginning: the question of `mayHideHeader` in `relayed.ts`. It is asked if PROCID,
 * MSGID and STRUCTURED-DATA are absent; `span` is that of `readFields`.
 */
export function mayHideHeader(span: usize, text: usize, end: usize): bool {
  if (text + 4 < end) {
    const first = <u32>load<u8>(text);
    if (first - 0x30 < 10) {
      if (isNumberStart(text, end)) return true;
    } else if (u32(first == 0x2a) | u32(first == 0x25) | u32(first == 0x2e)) return true;
    else if (u32(first == 0x20) | u32(first == 0x3a) | u32(first == 0x3c)) return true;
    if (u32(load<u8>(text, 3) == 0x20) & (u32(load<u8>(text, 4) <= 0x39) | u32(load<u8>(text, 7) == 0x20))) return true;
    if (u32(text + 9 < end) & u32(load<u8>(text, 9) == 0x3a)) return true;
  }
  const length = load<i32>(lengths + span, 4);
  if (length < 0) return false;
  let at = arena + load<u32>(offsets + span, 4);
  if (load<u8>(at) < 0x41) return true;
  if (load<i32>(lengths + span) >= 0) {
    const host = arena + load<u32>(offsets + span);
    if (u32(load<u8>(host) <= 0x39) & u32(load<u8>(host, 10) == 0x2e)) return true;
    if (((load<u16>(host) ^ load<u16>(at)) & 0xdfdf) == 0) return true;
  }
  if (isSuspect(at, <u32>length)) return true;
  const last = at + length;
  let slashes: u32 = 0;
  while (at < last) {
    const byte = <u32>load<u8>(at);
    // Colon, comma, point, bar.
    if (u32(byte == 0x3a) | u32(byte == 0x2c) | u32(byte == 0x2e) | u32(byte == 0x7c)) return true;
    slashes += u32(byte == 0x2f);
    at += 1;
  }
  return slashes > 1;
}
