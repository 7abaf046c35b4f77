/*
 * AssemblyScript, a part of `fast-path.as.ts`: the time stamp of RFC 5424. Most stamps have the day
 * of the one before, so that only the time of day is read.
 */

// The microseconds of a stamp that has no more than milliseconds.
@external("value", "notSent") declare const notSent: u32;

/** The ten bytes of the last day that was read, and when that day begins, ms since 1970. */
let dayHead: u64 = 0;
let dayTail: u32 = 0;
let dayStart: i64 = 0;
/** What `readStamp` read: ms since 1970, microseconds below the millisecond, offset in minutes. */
export let stampMs: i64 = 0;
export let stampUs: u32 = 0;
export let stampOffset: i32 = 0;

/** Two digits as a number: `bits` has their bytes less 0x30, the tens lowest. */
// @ts-ignore
@inline function two(bits: u64): u32 {
  return (<u32>bits & 15) * 10 + (<u32>(bits >> 8) & 15);
}

/** Reads the day `YYYY-MM-DD` at `at` into `dayStart`. @returns whether it is a day from 1970 on */
function readDay(at: usize): bool {
  // XOR leaves 0 to 9 of each digit and 0 of each dash.
  const bits = load<u64>(at) ^ 0x2d30302d30303030;
  if (((bits & 0xfff0f0fff0f0f0f0) | ((bits + 0x0006060006060606) & 0xfff0f0fff0f0f0f0)) != 0) return false;
  const low = <u32>load<u16>(at, 8) ^ 0x3030;
  if (((low & 0xf0f0) | ((low + 0x0606) & 0xf0f0)) != 0) return false;
  const day = two(low);
  let year = two(bits) * 100 + two(bits >> 16);
  let month = two(bits >> 40);
  if (year < 1970 || month == 0 || month > 12 || day == 0) return false;
  // Months of 31 and 30 days alternate up to July, and again from August.
  let lastDay: u32 = 30 + ((month + (month >> 3)) & 1);
  if (month == 2) lastDay = 28 + u32(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
  if (day > lastDay) return false;
  dayHead = load<u64>(at);
  dayTail = load<u16>(at, 8);
  // Counted from March 1 of the year 0: then a leap day ends its year.
  if (month < 3) {
    month += 12;
    year -= 1;
  }
  const days = <i32>(day + (153 * (month - 3) + 2) / 5 + year * 365 + year / 4 + year / 400 - year / 100) - 719469;
  dayStart = 86400000 * <i64>days;
  return true;
}

/**
 * Reads `YYYY-MM-DDThh:mm:ss[.d…]Z|±hh:mm` (RFC 5424 §6.2.3) at `at` into `stampMs`, `stampUs` and
 * `stampOffset`.
 * @returns the address after it; 0 if it is anything else
 */
export function readStamp(at: usize): usize {
  if (load<u64>(at) != dayHead || load<u16>(at, 8) != dayTail) {
    if (!readDay(at)) return 0;
  }
  if (load<u8>(at, 10) != 0x54) return 0;
  let bits = load<u64>(at, 11) ^ 0x30303a30303a3030;
  if (((bits & 0xf0f0fff0f0fff0f0) | ((bits + 0x0606000606000606) & 0xf0f0fff0f0fff0f0)) != 0) return 0;
  let hour = two(bits);
  let minute = two(bits >> 24);
  const second = two(bits >> 48);
  if (u32(hour > 23) | u32(minute > 59) | u32(second > 59)) return 0;
  const seconds = (hour * 60 + minute) * 60 + second;
  at += 19;
  stampUs = notSent;
  let value: u32 = 0;
  if (load<u8>(at) == 0x2e) {
    let digits: u32 = 0;
    for (;;) {
      at += 1;
      const digit = <u32>load<u8>(at) - 0x30;
      if (digit > 9) break;
      if (digits == 6) return 0;
      value = value * 10 + digit;
      digits += 1;
    }
    if (digits == 0) return 0;
    // As microseconds.
    for (let scale = digits; scale != 6; scale++) value *= 10;
    if (digits > 3) stampUs = value % 1000;
  }
  stampMs = dayStart + <i64>(seconds * 1000 + value / 1000);
  const sign = <u32>load<u8>(at);
  stampOffset = 0;
  if (sign == 0x5a) return at + 1;
  if (u32(sign != 0x2b) & u32(sign != 0x2d)) return 0;
  // Three of the eight bytes lie behind `hh:mm`.
  bits = (load<u64>(at, 1) ^ 0x30303a3030) & 0xffffffffff;
  if (((bits & 0xf0f0fff0f0) | ((bits + 0x0606000606) & 0xf0f0fff0f0)) != 0) return 0;
  hour = two(bits);
  minute = two(bits >> 24);
  if (u32(hour > 23) | u32(minute > 59)) return 0;
  minute = hour * 60 + minute;
  stampOffset = sign == 0x2d ? -(<i32>minute) : <i32>minute;
  stampMs -= <i64>stampOffset * 60000;
  return at + 6;
}
