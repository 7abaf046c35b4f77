/* Reads columns of variables, see `docs/format.md`. */

import {
  copy, cursors, fail, lineLength, NOT_ALL_READ, reserve, rewind, streamEnd, take, takeLength, takeNumber, TOO_LONG,
  TOO_MANY, UNKNOWN_FORM, WRONG_NUMBER,
} from './template-input.as';
import { HEADS, HEXES, LAST_PLANE, PLANES, SHORT, STREAMS, STRINGS, WHOLES } from './template-stream.as';

/** Forms of columns. */
export const CONSTANT: u32 = 0;
export const INTEGERS: u32 = 1;
export const PADDED: u32 = 2;
const STEPS: u32 = 3;
export const PADDED_STEPS: u32 = 4;
export const DICTIONARY: u32 = 5;
export const LOWER_HEX: u32 = 6;
export const UPPER_HEX: u32 = 7;
export const STRING: u32 = 8;
export const AFFIXES: u32 = 9;
export const WHOLE_LINES: u32 = 10;
export const WHOLE_LENGTHS: u32 = 11;

const LINE_FEED: u8 = 0x0a;
const DIGITS: u32 = 18;

/** Variables of the lines that are wanted: address and length (u32 each). */
export let variables: usize = 0;
/** The rows of the current shape that are wanted: number in the shape, and first variable (u32 each). */
let wanted: usize = 0;
let wantedCount: u32 = 0;
/** All rows of the current shape. */
let rowCount: u32 = 0;
/** Where values are written that lie in no stream, and the end of that room. */
let value: usize = 0;
let valueEnd: usize = 0;
/** Whether any whole text is wanted; without, their stream is not there. */
let hasWholes: bool = false;

export function beginValues(variablesAt: usize, at: usize, end: usize, wholes: bool): void {
  variables = variablesAt;
  value = at;
  valueEnd = end;
  hasWholes = wholes;
  for (let stream = HEADS; stream < STREAMS; stream++) rewind(stream);
}

export function checkAllRead(): void {
  for (let stream = HEADS; stream < STREAMS; stream++) {
    if (stream == WHOLES && !hasWholes) continue;
    if (load<u32>(cursors + (<usize>stream << 2)) != <u32>streamEnd(stream)) fail(NOT_ALL_READ);
  }
}

// @ts-ignore
@inline function setVariable(index: u32, slot: u32, at: usize, length: u32): void {
  const variable = variables + ((<usize>load<u32>(wanted + (<usize>index << 3), 4) + slot) << 3);
  store<u32>(variable, <u32>at);
  store<u32>(variable, length, 4);
}

// @ts-ignore
@inline function rowOf(index: u32): u32 {
  return load<u32>(wanted + (<usize>index << 3));
}

/** Reads the columns of a shape. @param wantedAt of its rows in ascending order */
export function readShape(rows: u32, slots: u32, wantedAt: usize, count: u32): void {
  rowCount = rows;
  wanted = wantedAt;
  wantedCount = count;
  for (let slot: u32 = 0; slot < slots; slot++) readColumn(slot);
}

function readColumn(slot: u32): void {
  const form = <u32>load<u8>(take(HEADS, 1));
  if (form == CONSTANT) {
    const length = takeLength();
    const at = take(STRINGS, length);
    for (let index: u32 = 0; index < wantedCount; index++) setVariable(index, slot, at, length);
  } else if (form <= PADDED_STEPS) readIntegers(slot, form, 0, 0, 0, 0);
  else if (form == DICTIONARY) readDictionary(slot);
  else if (form == LOWER_HEX) readHex(slot, 0x57);
  else if (form == UPPER_HEX) readHex(slot, 0x37);
  else if (form == STRING) readLines(slot, STRINGS);
  else if (form == AFFIXES) readAffixes(slot);
  else if (form == WHOLE_LINES) readLines(slot, WHOLES);
  else if (form == WHOLE_LENGTHS) readLengths(slot);
  else fail(UNKNOWN_FORM);
}

function readAffixes(slot: u32): void {
  const prefix = takeLength();
  const suffix = takeLength();
  const prefixAt = take(STRINGS, prefix);
  const suffixAt = take(STRINGS, suffix);
  const form = <u32>load<u8>(take(HEADS, 1));
  if (form < INTEGERS || form > PADDED_STEPS) fail(UNKNOWN_FORM);
  readIntegers(slot, form, prefixAt, prefix, suffixAt, suffix);
}

function readIntegers(slot: u32, form: u32, prefixAt: usize, prefix: u32, suffixAt: usize, suffix: u32): void {
  const isPadded = form == PADDED || form == PADDED_STEPS;
  const isStepped = form >= STEPS;
  const width = isPadded ? takeLength() : 0;
  const first = takeNumber(HEADS);
  const span = takeNumber(HEADS);
  if (width > DIGITS) fail(WRONG_NUMBER);
  const count = isStepped ? rowCount - 1 : rowCount;
  let planes: u32 = 0;
  for (let rest = span; rest > 0; rest >>= 8) planes++;
  const plane0 = planes > 0 ? take(PLANES, count) : 0;
  const plane1 = planes > 1 ? take(PLANES + 1, count) : 0;
  const plane2 = planes > 2 ? take(PLANES + 2, count) : 0;
  const others = planes > LAST_PLANE ? take(PLANES + LAST_PLANE, <u64>count * (planes - LAST_PLANE)) : 0;
  let number = first;
  let row: u32 = 0;
  for (let index: u32 = 0; index < wantedCount; index++) {
    const target = rowOf(index);
    // Numbers are read one by one, steps up to the next row that is wanted.
    let from = isStepped ? row : target;
    const to = isStepped ? target : target + 1;
    for (; from < to; from++) {
      let sum: u64 = 0;
      if (planes > 0) sum = load<u8>(plane0 + from);
      if (planes > 1) sum |= <u64>load<u8>(plane1 + from) << 8;
      if (planes > 2) sum |= <u64>load<u8>(plane2 + from) << 16;
      for (let plane = LAST_PLANE; plane < planes; plane++) {
        sum |= <u64>load<u8>(others + <usize>(plane - LAST_PLANE) * count + from) << (<u64>plane << 3);
      }
      if (isStepped) number += (sum >> 1) ^ (0 - (sum & 1));
      else number = first + sum;
    }
    row = target;
    if (value + prefix + suffix + 64 > valueEnd) fail(TOO_LONG);
    const at = value;
    copy(value, prefixAt, prefix);
    value += prefix;
    value += putDecimal(value, number, width);
    copy(value, suffixAt, suffix);
    value += suffix;
    setVariable(index, slot, at, <u32>(value - at));
  }
}


/** Writes a number. @returns the bytes written: at most 20 */
function putDecimal(at: usize, number: u64, width: u32): u32 {
  let length: u32 = 1;
  for (let limit: u64 = 10; length < 20 && number >= limit; limit *= 10) length++;
  if (length < width) length = width;
  let rest = number;
  for (let place = length; place > 0; place--) {
    const next = rest / 10;
    store<u8>(at + place - 1, <u8>(0x30 + (rest - next * 10)));
    rest = next;
  }
  return length;
}

function readHex(slot: u32, letters: u32): void {
  const shortest = takeLength();
  const longest = takeLength();
  if (longest < shortest || longest - shortest > 255) fail(WRONG_NUMBER);
  const isFixed = shortest == longest;
  const lengths = isFixed ? 0 : take(SHORT, rowCount);
  let all: u64 = <u64>shortest * rowCount;
  if (!isFixed) for (let row: u32 = 0; row < rowCount; row++) all += load<u8>(lengths + row);
  const digits = take(HEXES, (all + 1) >> 1);
  let row: u32 = 0;
  let digit: u64 = 0;
  for (let index: u32 = 0; index < wantedCount; index++) {
    const target = rowOf(index);
    if (isFixed) digit = <u64>target * shortest;
    else for (; row < target; row++) digit += shortest + load<u8>(lengths + row);
    const length = isFixed ? shortest : shortest + load<u8>(lengths + target);
    if (value + length + 64 > valueEnd) fail(TOO_LONG);
    const at = value;
    let left = length;
    let from = digit;
    if (!(from & 1)) {
      for (; left >= 8; left -= 8, from += 8, value += 8) putEight(value, load<u32>(digits + <usize>(from >> 1)), letters);
    }
    for (; left > 0; left--, from++) {
      const byte = <u32>load<u8>(digits + <usize>(from >> 1));
      const half = from & 1 ? byte & 15 : byte >> 4;
      store<u8>(value++, <u8>(half < 10 ? 0x30 + half : letters + half));
    }
    setVariable(index, slot, at, length);
  }
}

// @ts-ignore
@inline function putEight(at: usize, packed: u32, letters: u32): void {
  let halves = <u64>packed;
  halves = (halves | (halves << 16)) & 0x0000ffff0000ffff;
  halves = (halves | (halves << 8)) & 0x00ff00ff00ff00ff;
  const digits = ((halves >> 4) & 0x000f000f000f000f) | ((halves & 0x000f000f000f000f) << 8);
  // Bit 4 of a digit + 6 tells whether it is a letter.
  const isLetter = ((digits + 0x0606060606060606) >> 4) & 0x0101010101010101;
  store<u64>(at, digits + 0x3030303030303030 + isLetter * <u64>(letters - 0x30));
}

function readDictionary(slot: u32): void {
  const count = takeLength();
  if (count > 256) fail(TOO_MANY);
  const entries = reserve(<usize>count << 3);
  for (let entry: u32 = 0; entry < count; entry++) {
    const length = takeLength();
    store<u32>(entries + (<usize>entry << 3), <u32>take(STRINGS, length));
    store<u32>(entries + (<usize>entry << 3), length, 4);
  }
  const ids = take(SHORT, rowCount);
  for (let index: u32 = 0; index < wantedCount; index++) {
    const entry = <u32>load<u8>(ids + rowOf(index));
    if (entry >= count) fail(WRONG_NUMBER);
    const at = entries + (<usize>entry << 3);
    setVariable(index, slot, load<u32>(at), load<u32>(at, 4));
  }
}

/** Values that each end with a line feed. */
function readLines(slot: u32, stream: u32): void {
  if (stream == WHOLES && !hasWholes) return;
  const end = streamEnd(stream);
  let at = load<u32>(cursors + (<usize>stream << 2));
  let index: u32 = 0;
  for (let row: u32 = 0; row < rowCount; row++) {
    const length = lineLength(at, end);
    if (index < wantedCount && rowOf(index) == row) setVariable(index++, slot, at, length);
    at += length + 1;
  }
  store<u32>(cursors + (<usize>stream << 2), at);
}

/** Values with their lengths, each followed by a line feed. */
function readLengths(slot: u32): void {
  let index: u32 = 0;
  for (let row: u32 = 0; row < rowCount; row++) {
    const length = takeNumber(SHORT);
    const at = take(WHOLES, length + 1);
    if (hasWholes && load<u8>(at + <usize>length) != LINE_FEED) fail(WRONG_NUMBER);
    if (index < wantedCount && rowOf(index) == row) setVariable(index++, slot, at, <u32>length);
  }
}
