/* The memory in which lines are made, and the streams that are read. Everything that does not fit ends in `fail`. */

import { HEADS } from './template-stream.as';

/** What is wrong, by number; `templates.ts` has the words. */
export const ENDS_EARLY: u32 = 1;
export const TOO_MANY: u32 = 2;
export const TOO_LONG: u32 = 3;
export const UNKNOWN_FORM: u32 = 4;
export const WRONG_NUMBER: u32 = 5;
export const WRONG_SHAPE: u32 = 6;
export const NOT_ALL_READ: u32 = 7;

export let fault: u32 = 0;

export function fail(code: u32): void {
  fault = code;
  unreachable();
}

export function clearFault(): void {
  fault = 0;
}

/** The first free byte. */
let free: usize = 0;

export function beginMemory(): void {
  free = 64;
}

export function reserve(bytes: usize): usize {
  const at = (free + 15) & ~15;
  free = at + bytes + 64;
  const missing = <isize>free - (<isize>memory.size() << 16);
  if (missing > 0) memory.grow(<i32>((missing + 0xffff) >> 16));
  return at;
}

/** Gives back what was reserved since `reserve(0)` returned this address. */
export function releaseTo(at: usize): void {
  free = at;
}

/** u32: stream -> its address, its end, and where it is read. */
export const cursors: usize = 0x40;
const ends: usize = 0x80;
const starts: usize = 0xc0;
/** Bytes before the first address that `reserve` gives. */
export const TABLES: usize = 0x100;

export function placeStream(stream: u32, bytes: u32): usize {
  const at = reserve(bytes);
  store<u32>(starts + (<usize>stream << 2), <u32>at);
  store<u32>(ends + (<usize>stream << 2), <u32>at + bytes);
  return at;
}

export function skipTables(): void {
  reserve(TABLES);
}

export function rewind(stream: u32): void {
  store<u32>(cursors + (<usize>stream << 2), load<u32>(starts + (<usize>stream << 2)));
}

// @ts-ignore
@inline export function streamStart(stream: u32): usize {
  return load<u32>(starts + (<usize>stream << 2));
}

// @ts-ignore
@inline export function streamEnd(stream: u32): usize {
  return load<u32>(ends + (<usize>stream << 2));
}

/** Passes over bytes of a stream. @returns their address */
export function take(stream: u32, bytes: u64): usize {
  const at = load<u32>(cursors + (<usize>stream << 2));
  if (bytes > <u64>load<u32>(ends + (<usize>stream << 2)) - at) fail(ENDS_EARLY);
  store<u32>(cursors + (<usize>stream << 2), at + <u32>bytes);
  return at;
}

export function takeNumber(stream: u32): u64 {
  let value: u64 = 0;
  for (let shift: u64 = 0; shift < 64; shift += 7) {
    const byte = <u64>load<u8>(take(stream, 1));
    value |= (byte & 127) << shift;
    if (byte < 128) return value;
  }
  fail(WRONG_NUMBER);
  return 0;
}

export function takeLength(): u32 {
  const length = takeNumber(HEADS);
  if (length >= 1 << 28) fail(TOO_LONG);
  return <u32>length;
}

/** Bytes before the next line feed. */
export function lineLength(from: usize, end: usize): u32 {
  const feed = i8x16.splat(10);
  for (let at = from; at < end; at += 16) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(at), feed));
    if (found == 0) continue;
    const length = at + ctz(found) - from;
    if (from + length >= end) break;
    return <u32>length;
  }
  fail(ENDS_EARLY);
  return 0;
}

/** Copies in steps of 16 bytes: touches up to 15 bytes behind. */
// @ts-ignore
@inline export function copy(to: usize, from: usize, length: u32): void {
  for (let at: u32 = 0; at < length; at += 16) v128.store(to + at, v128.load(from + at));
}
