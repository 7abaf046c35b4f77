/*
 * AssemblyScript: `node scripts/wasm.ts` compiles it into `text-scan.wasm.ts`, which `text-memory.ts`
 * runs.
 *
 * Searches the texts of a block where they were unpacked: lines, each ended by a line feed. The
 * needle lies in the same memory, in small letters. All positions are addresses. Loads may touch up
 * to 32 bytes, and the length of the needle, beyond the end of the lines.
 */

// The needle, a table of the bytes that belong to tokens (u8 each), the marks of lines (u8 each), and
// where lines begin and how long they are (u32 each).
@external("text", "needle") declare const needle: usize;
@external("text", "tokens") declare const tokens: usize;
@external("text", "marks") declare const marks: usize;
@external("text", "starts") declare const starts: usize;
@external("text", "lengths") declare const lengths: usize;

const LINE_FEED: u8 = 0x0a;
/** OR with this makes both cases of a letter equal, and some other bytes, too: it only pre-selects. */
const CASE: u8 = 0x20;
/** What `find` and `hits` return if there is nothing, and if they gave up. */
const NONE: i32 = -1;
const GAVE_UP: i32 = -2;
/** Bytes compared in vain for each byte passed, and in all for nothing, before a search gives up. */
const PATIENCE: usize = 4;
const FREE: usize = 4096;

/** How many bytes of the needle lie at an address, in any case. */
// @ts-ignore
@inline function matchedAt(at: usize, length: usize): usize {
  let i: usize = 0;
  while (i < length) {
    let byte = load<u8>(at + i);
    if (u8(byte - 0x41) < 26) byte |= CASE;
    if (byte != load<u8>(needle + i)) break;
    i++;
  }
  return i;
}

/**
 * The first occurrence of the needle in [from, end), or NONE, or GAVE_UP if the bytes look like the
 * needle at so many places that comparing costs too much. `a` and `b` are offsets of two bytes of the
 * needle that are rare in texts.
 */
export function find(from: usize, end: usize, length: usize, a: usize, b: usize): i32 {
  if (from + length > end) return NONE;
  const last = end - length;
  const small = i8x16.splat(CASE);
  const first = i8x16.splat(load<u8>(needle + a) | CASE);
  const second = i8x16.splat(load<u8>(needle + b) | CASE);
  let vain: usize = 0;
  for (let at = from; at <= last; at += 32) {
    const low = v128.and(
      i8x16.eq(v128.or(v128.load(at + a), small), first),
      i8x16.eq(v128.or(v128.load(at + b), small), second),
    );
    const high = v128.and(
      i8x16.eq(v128.or(v128.load(at + a, 16), small), first),
      i8x16.eq(v128.or(v128.load(at + b, 16), small), second),
    );
    if (!v128.any_true(v128.or(low, high))) continue;
    let places = u32(i8x16.bitmask(low)) | (u32(i8x16.bitmask(high)) << 16);
    while (places != 0) {
      const place = at + usize(ctz(places));
      if (place > last) return NONE;
      const matched = matchedAt(place, length);
      if (matched == length) return i32(place);
      vain += matched;
      places &= places - 1;
    }
    if (vain > FREE + PATIENCE * (at - from)) return GAVE_UP;
  }
  return NONE;
}

/** The end of the line that contains an address: its line feed. */
// @ts-ignore
@inline function lineEnd(from: usize): usize {
  const wanted = i8x16.splat(LINE_FEED);
  let at = from;
  let places = i8x16.bitmask(i8x16.eq(v128.load(at), wanted));
  while (places == 0) {
    at += 16;
    places = i8x16.bitmask(i8x16.eq(v128.load(at), wanted));
  }
  return at + usize(ctz(places));
}

/** Line feeds in [from, to). */
function lineFeeds(from: usize, to: usize): u32 {
  const wanted = i8x16.splat(LINE_FEED);
  let count: u32 = 0;
  let at = from;
  for (; at + 16 <= to; at += 16) count += popcnt(u32(i8x16.bitmask(i8x16.eq(v128.load(at), wanted))));
  for (; at < to; at++) count += u32(load<u8>(at) == LINE_FEED);
  return count;
}

// @ts-ignore
@inline function isToken(at: usize): bool {
  return load<u8>(tokens + usize(load<u8>(at))) != 0;
}

/**
 * The number of lines in [from, end) that contain the needle, which has no line feed; with `marked` other
 * than 0, their marks are set. Bits of `whole`: 1, the needle begins a token; 2, it ends one. Returns GAVE_UP
 * as `find` does, or if a line is not among the first `marked`. Two bytes around [from, end) must be readable, and the last byte a line feed.
 */
export function hits(from: usize, end: usize, length: usize, a: usize, b: usize, whole: u32, marked: u32): i32 {
  let count: i32 = 0;
  let place: usize = 0;
  let counted = from;
  let next = from;
  while (next < end) {
    const found = find(next, end, length, a, b);
    if (found < 0) return found == NONE ? count : GAVE_UP;
    const hit = usize(found);
    const cutsStart = (whole & 1) != 0 && hit > from && isToken(hit - 1);
    if (cutsStart || ((whole & 2) != 0 && isToken(hit + length))) {
      // No match begins in the rest of the token that is cut, or ends before its end.
      let at = cutsStart ? hit : hit + length;
      while (isToken(at)) at++;
      next = max(hit + 1, cutsStart ? at : at - length);
      continue;
    }
    count++;
    if (marked) {
      place += usize(lineFeeds(counted, hit));
      if (place >= marked) return GAVE_UP;
      counted = hit;
      store<u8>(marks + place, 1);
    }
    next = lineEnd(hit) + 1;
  }
  return count;
}

/** Writes where each line of [from, end) begins, and its length; returns the lines, or NONE if there are more than `most`. */
export function lines(from: usize, end: usize, most: u32): i32 {
  const wanted = i8x16.splat(LINE_FEED);
  let count: u32 = 0;
  let start = from;
  for (let at = from; at < end; at += 16) {
    let places = u32(i8x16.bitmask(i8x16.eq(v128.load(at), wanted)));
    while (places != 0) {
      const feed = at + usize(ctz(places));
      if (feed >= end) return i32(count);
      if (count == most) return NONE;
      store<u32>(starts + 4 * usize(count), u32(start - from));
      store<u32>(lengths + 4 * usize(count), u32(feed - start));
      start = feed + 1;
      count++;
      places &= places - 1;
    }
  }
  return i32(count);
}

/** Marks the lines of [from, end) that have bytes beyond ASCII; returns how many there are. */
export function wides(from: usize, end: usize): i32 {
  let count: i32 = 0;
  let place: usize = 0;
  let counted = from;
  let at = from;
  while (at < end) {
    const places = u32(i8x16.bitmask(v128.load(at)));
    if (places == 0) {
      at += 16;
      continue;
    }
    const high = at + usize(ctz(places));
    if (high >= end) break;
    place += usize(lineFeeds(counted, high));
    counted = high;
    store<u8>(marks + place, 1);
    count++;
    at = lineEnd(high) + 1;
  }
  return count;
}
