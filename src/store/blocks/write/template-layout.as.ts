/* How tables of templates, shapes and variables are laid out, and what all of them need. */

/** A variable: its address (u32), then its length and its kinds (u32). */
export const VARIABLE: usize = 8;
/** Kinds of variables, in the upper bits of the length. */
export const DECIMAL: u32 = 1 << 28;
export const HEX: u32 = 1 << 29;
export const LEADING_ZERO: u32 = 1 << 30;
export const LENGTH: u32 = (1 << 28) - 1;

/** A template: address and length of its text, hash, shape, number of variables (u32 each). */
export const TEMPLATE: usize = 20;
/** A shape: hash, number of variables, number of rows, number of its first row (u32 each). */
export const SHAPE: usize = 16;
/** A group: its end as a line; number of its templates, before that whether it is to be kept whole (u32 each). */
export const GROUP: usize = 8;
/** In place of a shape's hash: its only variable is a whole line. */
export const WHOLE: u32 = 0xffffffff;


/** The first free byte. */
let free: usize = 0;

export function beginMemory(): void {
  free = 64;
}

// @ts-ignore
@inline function aligned(at: usize): usize {
  return (at + 15) & ~15;
}

export function reserve(bytes: usize): usize {
  const at = aligned(free);
  free = at + bytes + 64;
  const missing = <isize>free - (<isize>memory.size() << 16);
  if (missing > 0) memory.grow(<i32>((missing + 0xffff) >> 16));
  return at;
}

/** Copies in steps of 16 bytes: touches up to 15 bytes behind. */
// @ts-ignore
@inline export function copy(to: usize, from: usize, length: u32): void {
  for (let at: u32 = 0; at < length; at += 16) v128.store(to + at, v128.load(from + at));
}

/** The first `length` bytes from `at`, then zeros. */
// @ts-ignore
@inline function firstBytes(at: usize, length: u32): v128 {
  const bytes = v128.load(at);
  if (length >= 16) return bytes;
  const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return v128.and(bytes, i8x16.lt_u(places, i8x16.splat(<i8>length)));
}

/** Whether two texts of the same length are equal. */
export function equal(a: usize, b: usize, length: u32): bool {
  for (let at: u32 = 0; at < length; at += 16) {
    const left = length - at;
    if (v128.any_true(v128.xor(firstBytes(a + at, left), firstBytes(b + at, left)))) return false;
  }
  return true;
}

export function hashOf(at: usize, length: u32, seed: u32): u32 {
  const before = i32x4(0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f);
  const after = i32x4(0x2c1b3c6d, 0x297a2d39, 0x165667b1, 0x7feb352d);
  let hash = seed + length * 0x85ebca77;
  for (let done: u32 = 0; done < length; done += 16) {
    let bytes = i32x4.mul(firstBytes(at + done, length - done), before);
    bytes = i32x4.mul(v128.xor(bytes, i32x4.shr_u(bytes, 15)), after);
    const sum = i32x4.extract_lane(bytes, 0) + i32x4.extract_lane(bytes, 1) + i32x4.extract_lane(bytes, 2) + i32x4.extract_lane(bytes, 3);
    hash = hash * 0x01000193 + <u32>sum;
  }
  hash = (hash ^ (hash >> 15)) * 0x2c1b3c6d;
  hash ^= hash >> 13;
  return hash == WHOLE ? 0 : hash;
}

