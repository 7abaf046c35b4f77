/*
 * AssemblyScript, a part of `fast-path.as.ts`: whether a frame may have the header of a device behind
 * that of a relay. Then the parser in TypeScript reads it.
 *
 * The answer is no for nearly all frames, but which condition they come closest to differs from frame
 * to frame. So most conditions are computed and joined by `|`: branches on them would be predicted
 * badly, and each wrong prediction costs more than all of them.
 */

@external("frame", "words") declare const words: usize;

/** A bit for each byte from the space on that may begin a device's header: ` %*.:<`. */
const STARTS: u32 = 0x14004421;
/** A bit for each byte from the space on that may end its number: ` -/:`. */
const NUMBER_ENDS: u32 = 0x0400a001;

/** Whether `byte` is in a set that has a bit for each byte from the space on. */
// @ts-ignore
@inline export function isIn(set: u32, byte: u32): u32 {
  return u32(byte - 0x20 < 32) & (set >> (byte - 0x20));
}

/** How many digits begin at `at`; 16 if there are more. */
// @ts-ignore
@inline export function countDigits(at: usize): u32 {
  const digits = i8x16.le_u(i8x16.sub(v128.load(at), i8x16.splat(0x30)), i8x16.splat(9));
  return ctz(~i8x16.bitmask(digits));
}

/** Whether a text of at least five bytes may begin with a device's header; as in `relayed.ts`. */
// @ts-ignore
@inline function mayStartHeader(text: usize): u32 {
  // A number: of a device, or of a stamp. One of 16 digits or more is looked at closely.
  const count = countDigits(text);
  const mark = <u32>load<u8>(text + count);
  const point = u32(mark == 0x2e) & (u32(count == 4) | u32(count > 8));
  const number = u32(count > 0) & (isIn(NUMBER_ENDS, mark) | point | u32(count > 15));
  // `Nov 29`, `Sun Nov`
  const day = u32(load<u8>(text, 4) <= 0x39) | u32(load<u8>(text, 7) == 0x20);
  return number | isIn(STARTS, load<u8>(text)) | (u32(load<u8>(text, 3) == 0x20) & day);
}

/** Where the table of words that no host is begins in `words`. */
export const NO_HOSTS: usize = 4096;

/** Whether the word at `at` may be a level, a facility, a day, a month or a zone; see `names.ts`. */
// @ts-ignore
@inline export function isSuspect(at: usize, length: u32, table: usize = 0): u32 {
  const key = (<usize>load<u8>(at) & 31) | ((<usize>load<u8>(at, 2) & 31) << 5);
  return (u32(length < 3) & u32(load<u8>(at) == 0x5a)) | ((load<u32>(words + table + (key << 2)) >> length) & 1);
}

/** Whether the word at `at` has a colon, a comma, a point, a bar or two slashes. */
// @ts-ignore
@inline function hasMarks(at: usize, length: i32): u32 {
  let marks: u32 = 0;
  let slashes: u32 = 0;
  for (;;) {
    const bytes = v128.load(at);
    let found = v128.or(i8x16.eq(bytes, i8x16.splat(0x3a)), i8x16.eq(bytes, i8x16.splat(0x2c)));
    found = v128.or(found, v128.or(i8x16.eq(bytes, i8x16.splat(0x2e)), i8x16.eq(bytes, i8x16.splat(0x7c))));
    const within: u32 = (1 << length) - 1;
    const more = length > 16;
    marks |= i8x16.bitmask(found) & (more ? 0xffff : within);
    slashes += popcnt(i8x16.bitmask(i8x16.eq(bytes, i8x16.splat(0x2f))) & (more ? 0xffff : within));
    if (!more) break;
    at += 16;
    length -= 16;
  }
  return u32(marks != 0) | u32(slashes > 1);
}

/**
 * Whether APP-NAME may be the first word of a device's header behind a relay, or the text
 * [text, end) its beginning: `mayHideHeader` in `relayed.ts` asks the same, and says yes to no
 * further frames. It is asked if PROCID, MSGID and STRUCTURED-DATA are absent. HOSTNAME and APP-NAME
 * are given by address and length, which is -1 for a NILVALUE.
 */
export function mayHideHeader(text: usize, end: usize, host: usize, hostLength: i32, app: usize, length: i32): bool {
  let may = u32(load<u8>(app) < 0x41) | isSuspect(app, <u32>length) | hasMarks(app, length);
  const name = load<u32>(host);
  // Meraki's stamp as HOSTNAME.
  const stamp = u32((name & 0xf0f0f0f0) == 0x30303030) & u32(load<u8>(host, 10) == 0x2e);
  // The host once more, by up to four letters.
  const letters = min(min(hostLength, length), 4);
  const again = u32((((name ^ load<u32>(app)) & 0xdfdfdfdf) << ((4 - letters) << 3)) == 0);
  may |= (stamp | again) & u32(hostLength >= 0);
  return bool((may & u32(length >= 0)) | (mayStartHeader(text) & u32(text + 4 < end)));
}
