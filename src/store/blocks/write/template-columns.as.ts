/* Writes variables as columns, one for each place of a shape, see `docs/format.md`. */

import { HEADS, HEXES, SHORT, STRINGS, WHOLES } from '../format/template-stream.as';
import { LINE_FEED } from './template-classes.as';
import { DECIMAL, equal, HEX, LEADING_ZERO, LENGTH, reserve, VARIABLE } from './template-layout.as';
import { decimalAt, numbers, writeIntegers } from './template-integers.as';
import { endOf, put, putBytes, putNumber, setEnd } from './template-output.as';
import { input, vars } from './template-scan.as';

/** Forms of columns. */
const CONSTANT: u8 = 0;
const DICTIONARY: u8 = 5;
const LOWER_HEX: u8 = 6;
const UPPER_HEX: u8 = 7;
const STRING: u8 = 8;
const AFFIXES: u8 = 9;
const WHOLE_LINES: u8 = 10;
const WHOLE_LENGTHS: u8 = 11;

/** The most digits of an integer, and of one between affixes. */
const DIGITS: u32 = 18;
const DICTIONARY_ENTRIES: u32 = 255;

/** u32: the dictionary of the current column: slot -> entry + 1, and entry -> variable. */
let entrySlots: usize = 0;
let entries: usize = 0;

export function beginColumns(): void {
  entrySlots = reserve(1024 << 2);
  entries = reserve(<usize>(DICTIONARY_ENTRIES + 1) << 2);
}

// @ts-ignore
@inline function variableAt(first: usize, index: u32, slot: u32): usize {
  return vars + <usize>(load<u32>(first + (<usize>index << 2)) + slot) * VARIABLE;
}

// @ts-ignore
@inline function addressOf(variable: usize): usize {
  return input + load<u32>(variable);
}

// @ts-ignore
@inline function lengthOf(variable: usize): u32 {
  return load<u32>(variable, 4) & LENGTH;
}

/** Whole lines, each ended by a line feed; with their lengths if one contains a line feed. */
export function writeWholes(first: usize, count: u32): void {
  let feeds = false;
  for (let index: u32 = 0; index < count; index++) {
    const variable = variableAt(first, index, 0);
    const length = lengthOf(variable);
    putBytes(WHOLES, addressOf(variable), length + 1);
    if (!feeds) feeds = hasFeed(addressOf(variable), length);
  }
  put(HEADS, feeds ? WHOLE_LENGTHS : WHOLE_LINES);
  if (feeds) for (let index: u32 = 0; index < count; index++) putNumber(SHORT, lengthOf(variableAt(first, index, 0)));
}

function hasFeed(at: usize, length: u32): bool {
  for (let end = at + length; at < end; at++) if (load<u8>(at) == LINE_FEED) return true;
  return false;
}

export function writeColumn(first: usize, count: u32, slot: u32): void {
  const head = variableAt(first, 0, slot);
  const headLength = lengthOf(head);
  let all: u32 = HEX | DECIMAL;
  let any: u32 = 0;
  let shortest: u32 = headLength;
  let longest: u32 = headLength;
  let same = true;
  for (let index: u32 = 0; index < count; index++) {
    const variable = variableAt(first, index, slot);
    const kinds = load<u32>(variable, 4);
    const length = kinds & LENGTH;
    all &= kinds;
    any |= kinds;
    shortest = min(shortest, length);
    longest = max(longest, length);
    if (same) same = length == headLength && equal(addressOf(variable), addressOf(head), length);
  }
  if (same) {
    put(HEADS, CONSTANT);
    putNumber(HEADS, headLength);
    putBytes(STRINGS, addressOf(head), headLength);
    return;
  }
  const leading = (any & LEADING_ZERO) != 0;
  if ((all & DECIMAL) && longest <= DIGITS && (!leading || shortest == longest)) {
    for (let index: u32 = 0; index < count; index++) {
      const variable = variableAt(first, index, slot);
      store<u64>(numbers + (<usize>index << 3), decimalAt(addressOf(variable), lengthOf(variable)));
    }
    writeIntegers(count, leading ? shortest : 0);
    return;
  }
  if ((all & HEX) && longest - shortest < 256) {
    const letters = lettersOf(first, count, slot);
    if (letters != 3) {
      writeHex(first, count, slot, letters == 2 ? UPPER_HEX : LOWER_HEX, shortest, longest);
      return;
    }
  }
  if (writeAffixes(first, count, slot) || writeDictionary(first, count, slot)) return;
  put(HEADS, STRING);
  for (let index: u32 = 0; index < count; index++) {
    const variable = variableAt(first, index, slot);
    putBytes(STRINGS, addressOf(variable), lengthOf(variable));
    put(STRINGS, LINE_FEED);
  }
}

/** Which letters the variables of a column have: 1 small ones, 2 capitals. */
function lettersOf(first: usize, count: u32, slot: u32): u32 {
  let letters: u32 = 0;
  for (let index: u32 = 0; index < count; index++) {
    const variable = variableAt(first, index, slot);
    const at = addressOf(variable);
    for (let end = at + lengthOf(variable), byte = at; byte < end; byte++) letters |= load<u8>(byte) >> 5;
    // Digits are 1 here, capitals 2, small letters 3: bits cannot tell small letters from both of the others.
  }
  if ((letters & 2) == 0) return 0;
  letters = 0;
  for (let index: u32 = 0; index < count; index++) {
    const variable = variableAt(first, index, slot);
    const at = addressOf(variable);
    for (let end = at + lengthOf(variable), byte = at; byte < end; byte++) {
      const high = load<u8>(byte) >> 5;
      if (high == 3) letters |= 1;
      else if (high == 2) letters |= 2;
    }
  }
  return letters;
}

/** Digits of hex, four bits each, the upper half of a byte first. */
function writeHex(first: usize, count: u32, slot: u32, form: u8, shortest: u32, longest: u32): void {
  put(HEADS, form);
  putNumber(HEADS, shortest);
  putNumber(HEADS, longest);
  let end = endOf(HEXES);
  let byte: u32 = 0;
  let half: u32 = 0;
  for (let index: u32 = 0; index < count; index++) {
    const variable = variableAt(first, index, slot);
    const length = lengthOf(variable);
    if (longest > shortest) put(SHORT, length - shortest);
    const from = addressOf(variable);
    let at: u32 = 0;
    if (half == 0) {
      for (; at + 8 <= length; at += 8, end += 4) store<u32>(end, eightDigits(load<u64>(from + at)));
    }
    for (; at < length; at++) {
      const digit = <u32>load<u8>(from + at);
      byte = (byte << 4) | ((digit & 15) + (digit >> 6) * 9);
      if (half) store<u8>(end++, <u8>byte);
      half ^= 1;
    }
  }
  if (half) store<u8>(end++, <u8>(byte << 4));
  setEnd(HEXES, end);
}

// @ts-ignore
@inline function eightDigits(digits: u64): u32 {
  const letters = (digits >> 6) & 0x0101010101010101;
  let value = (digits & 0x0f0f0f0f0f0f0f0f) + letters * 9;
  value = ((value << 4) | (value >> 8)) & 0x00ff00ff00ff00ff;
  value = (value | (value >> 8)) & 0x0000ffff0000ffff;
  return <u32>(value | (value >> 16));
}

// @ts-ignore
@inline function isDigit(byte: u8): bool {
  return <u8>(byte - 0x30) < 10;
}

/** Integers between a prefix and a suffix that all variables share. @returns false if they do not */
function writeAffixes(first: usize, count: u32, slot: u32): bool {
  const head = variableAt(first, 0, slot);
  const from = addressOf(head);
  const length = lengthOf(head);
  let prefix: u32 = 0;
  while (prefix < length && !isDigit(load<u8>(from + prefix))) prefix++;
  let suffix: u32 = 0;
  while (suffix < length - prefix && !isDigit(load<u8>(from + length - 1 - suffix))) suffix++;
  let leading = false;
  let shortest: u32 = DIGITS;
  let longest: u32 = 0;
  for (let index: u32 = 0; index < count; index++) {
    const variable = variableAt(first, index, slot);
    const at = addressOf(variable);
    const all = lengthOf(variable);
    if (all <= prefix + suffix || all - prefix - suffix > DIGITS) return false;
    if (!equal(at, from, prefix) || !equal(at + all - suffix, from + length - suffix, suffix)) return false;
    const digits = all - prefix - suffix;
    let value: u64 = 0;
    for (let byte = at + prefix; byte < at + prefix + digits; byte++) {
      if (!isDigit(load<u8>(byte))) return false;
      value = value * 10 + (load<u8>(byte) - 0x30);
    }
    if (digits > 1 && load<u8>(at + prefix) == 0x30) leading = true;
    shortest = min(shortest, digits);
    longest = max(longest, digits);
    store<u64>(numbers + (<usize>index << 3), value);
  }
  if (leading && shortest != longest) return false;
  put(HEADS, AFFIXES);
  putNumber(HEADS, prefix);
  putNumber(HEADS, suffix);
  putBytes(STRINGS, from, prefix);
  putBytes(STRINGS, from + length - suffix, suffix);
  writeIntegers(count, leading ? shortest : 0);
  return true;
}

/** Numbers of at most 255 values, which occur twice on average. @returns false if there are more */
function writeDictionary(first: usize, count: u32, slot: u32): bool {
  const most = min(DICTIONARY_ENTRIES, count >> 1);
  let found: u32 = 0;
  memory.fill(entrySlots, 0, 1024 << 2);
  const start = endOf(SHORT);
  let end = start;
  for (let index: u32 = 0; index < count; index++) {
    const variable = variableAt(first, index, slot);
    const at = addressOf(variable);
    const length = lengthOf(variable);
    let place = shortHash(at, length);
    let entry: u32;
    while (true) {
      entry = load<u32>(entrySlots + (<usize>place << 2));
      if (entry == 0) {
        if (found == most) return false;
        store<u32>(entries + (<usize>found << 2), <u32>variable);
        entry = ++found;
        store<u32>(entrySlots + (<usize>place << 2), entry);
        break;
      }
      const known = <usize>load<u32>(entries + (<usize>(entry - 1) << 2));
      if (lengthOf(known) == length && equal(addressOf(known), at, length)) break;
      place = (place + 1) & 1023;
    }
    store<u8>(end++, <u8>(entry - 1));
  }
  setEnd(SHORT, end);
  put(HEADS, DICTIONARY);
  putNumber(HEADS, found);
  for (let entry: u32 = 0; entry < found; entry++) {
    const variable = <usize>load<u32>(entries + (<usize>entry << 2));
    putNumber(HEADS, lengthOf(variable));
    putBytes(STRINGS, addressOf(variable), lengthOf(variable));
  }
  return true;
}

function shortHash(at: usize, length: u32): u32 {
  let hash = length;
  for (let byte: u32 = 0; byte < length; byte++) hash = (hash ^ load<u8>(at + byte)) * 0x01000193;
  return (hash ^ (hash >> 15)) & 1023;
}
