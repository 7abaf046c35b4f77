/*
 * AssemblyScript, a part of `fast-path.as.ts`: the time stamp of RFC 5424. Most stamps have the minute
 * and the offset of the one before, so that only the seconds are read.
 */

// The microseconds of a stamp that has no more than milliseconds.
@external("value", "notSent") declare const notSent: u32;

/** The ten bytes of the last day that was read, and when that day begins, ms since 1970. */
let dayHead: u64 = 0;
let dayTail: u32 = 0;
let dayStart: i64 = 0;
/** The 16 bytes of the last day, hour and minute that were read, and their ms since 1970. */
let minuteHead: u64 = 0;
let minuteTail: u64 = 0;
let minuteStart: i64 = 0;
/** The six bytes of the last `±hh:mm` that was read, and its minutes. */
let lastZone: u64 = 0;
let lastOffset: i32 = 0;
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

/** Microseconds of the last fraction that `readFraction` read, and how many digits it had. */
let fraction: u32 = 0;
let fractionDigits: u32 = 0;

/**
 * Reads the fraction of one to six digits after the point at `at` into `fraction`. @returns the
 * address after it; 0 if it is anything else
 */
function readFraction(at: usize): usize {
  let value: u32 = 0;
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
  fractionDigits = digits;
  // As microseconds.
  for (; digits != 6; digits++) value *= 10;
  fraction = value;
  return at;
}

/** Reads `YYYY-MM-DDThh:mm` at `at` into `minuteStart`. @returns whether it is a minute of a day */
function readMinute(at: usize): bool {
  if (load<u64>(at) != dayHead || load<u16>(at, 8) != dayTail) {
    if (!readDay(at)) return false;
  }
  // `Thh:mm`, and two bytes that belong to the seconds.
  const bits = (load<u64>(at, 10) ^ 0x30303a303054) & 0xffffffffffff;
  if (((bits & 0xf0f0fff0f0ff) | ((bits + 0x060600060600) & 0xf0f0fff0f0ff)) != 0) return false;
  const hour = two(bits >> 8);
  const minute = two(bits >> 32);
  if (u32(hour > 23) | u32(minute > 59)) return false;
  minuteHead = load<u64>(at);
  minuteTail = load<u64>(at, 8);
  minuteStart = dayStart + <i64>((hour * 60 + minute) * 60000);
  return true;
}

/** Reads `±hh:mm` at `at` into `lastOffset`. @returns whether it is an offset */
function readOffset(at: usize): bool {
  const sign = <u32>load<u8>(at);
  if (u32(sign != 0x2b) & u32(sign != 0x2d)) return false;
  // Three of the eight bytes lie behind `hh:mm`.
  const bits = (load<u64>(at, 1) ^ 0x30303a3030) & 0xffffffffff;
  if (((bits & 0xf0f0fff0f0) | ((bits + 0x0606000606) & 0xf0f0fff0f0)) != 0) return false;
  const hour = two(bits);
  const minute = two(bits >> 24);
  if (u32(hour > 23) | u32(minute > 59)) return false;
  lastZone = load<u64>(at) & 0xffffffffffff;
  lastOffset = <i32>(hour * 60 + minute);
  if (sign == 0x2d) lastOffset = -lastOffset;
  return true;
}

/**
 * Reads `YYYY-MM-DDThh:mm:ss[.d…]Z|±hh:mm` (RFC 5424 §6.2.3) at `at` into `stampMs`, `stampUs` and
 * `stampOffset`.
 * @returns the address after it; 0 if it is anything else
 */
export function readStamp(at: usize): usize {
  if (((load<u64>(at) ^ minuteHead) | (load<u64>(at, 8) ^ minuteTail)) != 0) {
    if (!readMinute(at)) return 0;
  }
  // `:ss`
  const seconds = (load<u32>(at, 16) ^ 0x30303a) & 0xffffff;
  if (((seconds & 0xf0f0ff) | ((seconds + 0x060600) & 0xf0f0ff)) != 0) return 0;
  const second = two(<u64>(seconds >> 8));
  if (second > 59) return 0;
  at += 19;
  let us = notSent;
  let value: u32 = 0;
  if (load<u8>(at) == 0x2e) {
    // Six digits, as rsyslog and systemd write them, and then no seventh.
    const bits = load<u64>(at, 1) ^ 0x303030303030;
    const bad = (bits & 0xf0f0f0f0f0f0) | ((bits + 0x060606060606) & 0xf0f0f0f0f0f0);
    if (bad == 0 && <u32>load<u8>(at, 7) - 0x30 > 9) {
      value = (two(bits) * 100 + two(bits >> 16)) * 100 + two(bits >> 32);
      us = value % 1000;
      at += 7;
    } else {
      at = readFraction(at);
      if (at == 0) return 0;
      value = fraction;
      if (fractionDigits > 3) us = value % 1000;
    }
  }
  stampUs = us;
  const ms = minuteStart + <i64>(second * 1000 + value / 1000);
  if (load<u8>(at) == 0x5a) {
    stampOffset = 0;
    stampMs = ms;
    return at + 1;
  }
  if ((load<u64>(at) & 0xffffffffffff) != lastZone) {
    if (!readOffset(at)) return 0;
  }
  stampOffset = lastOffset;
  stampMs = ms - <i64>lastOffset * 60000;
  return at + 6;
}
