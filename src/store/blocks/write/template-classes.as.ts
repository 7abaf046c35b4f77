/*
 * Where tokens begin and end in the texts, as streams of bits, one for each byte. 64 bytes are read at a time: an
 * addition of words carries through a run of ones, so it finds the ends of all runs of a kind at once.
 */

/** Stands for a variable in a template. */
export const MARK: u8 = 0x11;
export const LINE_FEED: u8 = 0x0a;

/** Addresses of the streams: starts of tokens, bytes of tokens, and ends of tokens, of variables by kind, of lines. */
export let starts: usize = 0;
export let tokens: usize = 0;
export let variables: usize = 0;
export let decimals: usize = 0;
export let hexes: usize = 0;
export let lineFeeds: usize = 0;
/** Whether a text contains `MARK`. */
export let hasMark: bool = false;

/** How many streams there are. */
export const STREAMS: usize = 6;

/** Bytes of one stream for a text of this length: one more word ends it. */
export function streamBytes(length: usize): usize {
  return ((length >> 6) + 2) << 3;
}

export function placeStreams(at: usize, length: usize): void {
  const bytes = streamBytes(length);
  starts = at;
  tokens = at + bytes;
  variables = tokens + bytes;
  decimals = variables + bytes;
  hexes = decimals + bytes;
  lineFeeds = hexes + bytes;
}

/** The carry of the last `add`. */
let carry: u64 = 0;

// @ts-ignore
@inline function add(a: u64, b: u64, carried: u64): u64 {
  const sum = a + b;
  const all = sum + carried;
  carry = u64(sum < a) | u64(all < sum);
  return all;
}

/**
 * Fills the streams. A variable is a token with a digit, or one of two or more hex digits. The bytes after the texts
 * must be zeros. @returns the number of variables
 */
export function classify(input: usize, length: usize): u32 {
  // A byte is of the classes that its lower and its upper half share: 0x80 digit, 1 hex letter, 2 and 4 other letters,
  // 8 `_`, 16 beyond ASCII.
  const lower = i8x16(-108, -107, -107, -107, -107, -107, -107, -106, -106, -106, 22, 18, 18, 18, 18, 26);
  const upper = i8x16(0, 0, 0, -128, 3, 12, 3, 4, 16, 16, 16, 16, 16, 16, 16, 16);
  const zero = i8x16.splat(0);
  const one = i8x16.splat(1);
  const half = i8x16.splat(15);
  const feed = i8x16.splat(10);
  const mark = i8x16.splat(0x11);
  let marks = zero;
  let open: u64 = 0;
  let openSingle: u64 = 0;
  let carryToken: u64 = 0;
  let carryLetters: u64 = 0;
  let carryHex: u64 = 0;
  let carryDigits: u64 = 0;
  let count: u32 = 0;
  let word: usize = 0;
  for (let at: usize = 0; at < length; at += 64, word += 8) {
    let token: u64 = 0;
    let digits: u64 = 0;
    let others: u64 = 0;
    let feeds: u64 = 0;
    for (let chunk: usize = 0; chunk < 64; chunk += 16) {
      const bytes = v128.load(input + at + chunk);
      const classes = v128.and(
        i8x16.swizzle(lower, v128.and(bytes, half)),
        i8x16.swizzle(upper, i8x16.shr_u(bytes, 4)),
      );
      digits |= u64(<u32>i8x16.bitmask(classes)) << chunk;
      token |= u64(<u32>i8x16.bitmask(i8x16.gt_s(classes, zero))) << chunk;
      others |= u64(<u32>i8x16.bitmask(i8x16.gt_s(classes, one))) << chunk;
      feeds |= u64(<u32>i8x16.bitmask(i8x16.eq(bytes, feed))) << chunk;
      marks = v128.or(marks, i8x16.eq(bytes, mark));
    }
    token |= digits;
    const begun = token & ~((token << 1) | open);
    const ended = add(begun, token, carryToken) & ~token;
    carryToken = carry;
    const letters = add(begun, token & ~digits, carryLetters) & ~token;
    carryLetters = carry;
    const hex = add(begun, token & ~others, carryHex) & ~token;
    carryHex = carry;
    const decimal = add(begun, digits, carryDigits) & ~token;
    carryDigits = carry;
    // A token in the last bit of a word is taken for a single one: if it continues, it has no end in the next bit.
    const single = begun & ~(token >> 1);
    const after = (single << 1) | openSingle;
    openSingle = single >> 63;
    const found = (ended & ~letters) | (hex & ~(after & letters));
    store<u64>(starts + word, begun);
    store<u64>(tokens + word, token);
    store<u64>(variables + word, found);
    store<u64>(decimals + word, decimal);
    store<u64>(hexes + word, hex);
    store<u64>(lineFeeds + word, feeds);
    count += u32(popcnt(found));
    open = token >> 63;
  }
  for (let stream = starts; stream <= lineFeeds; stream += streamBytes(length)) {
    store<u64>(stream + word, 0);
  }
  hasMark = v128.any_true(marks);
  return count;
}
