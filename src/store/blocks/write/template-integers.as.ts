/* Columns of integers. */

import { HEADS, LAST_PLANE, PLANES } from '../format/template-stream.as';
import { reserve } from './template-layout.as';
import { endOf, put, putNumber, setEnd } from './template-output.as';

/** Forms of columns; each is padded with zeros if 1 is added. */
const INTEGERS: u8 = 1;
const STEPS: u8 = 3;

/** u64: numbers of the current column, and their steps. */
export let numbers: usize = 0;
let steps: usize = 0;

export function beginIntegers(lines: u32): void {
  numbers = reserve(<usize>lines << 3);
  steps = reserve(<usize>lines << 3);
}

// @ts-ignore
@inline export function decimalAt(at: usize, length: u32): u64 {
  let value: u64 = 0;
  for (const end = at + length; at < end; at++) value = value * 10 + (load<u8>(at) - 0x30);
  return value;
}

// @ts-ignore
@inline function bitsOf(value: u64): u32 {
  return 64 - <u32>clz(value);
}

/** Writes the numbers, or their steps if these need less than three quarters of the bits. @param width 0: not padded */
export function writeIntegers(count: u32, width: u32): void {
  let lowest = load<u64>(numbers);
  let highest = lowest;
  for (let index: u32 = 1; index < count; index++) {
    const value = load<u64>(numbers + (<usize>index << 3));
    lowest = min(lowest, value);
    highest = max(highest, value);
  }
  let bits: u64 = 0;
  let stepBits: u64 = 0;
  let widest: u64 = 0;
  for (let index: u32 = 1; index < count; index++) {
    const at = numbers + (<usize>index << 3);
    const value = load<u64>(at);
    const step = <i64>(value - load<u64>(at - 8));
    const zigzag = (<u64>step << 1) ^ <u64>(step >> 63);
    store<u64>(steps + (<usize>(index - 1) << 3), zigzag);
    bits += bitsOf(value - lowest);
    stepBits += bitsOf(zigzag);
    widest = max(widest, zigzag);
  }
  const isStepped = count > 4 && stepBits * 4 < bits * 3;
  put(HEADS, (isStepped ? STEPS : INTEGERS) + u32(width > 0));
  if (width > 0) putNumber(HEADS, width);
  if (isStepped) {
    putNumber(HEADS, load<u64>(numbers));
    putNumber(HEADS, widest);
    putPlanes(steps, count - 1, 0, widest);
  } else {
    putNumber(HEADS, lowest);
    putNumber(HEADS, highest - lowest);
    putPlanes(numbers, count, lowest, highest - lowest);
  }
}

function putPlanes(values: usize, count: u32, lowest: u64, span: u64): void {
  for (let plane: u32 = 0; span > 0; plane++, span >>= 8) {
    const stream = PLANES + min(plane, LAST_PLANE);
    const shift: u64 = <u64>plane << 3;
    const end = endOf(stream);
    for (let index: u32 = 0; index < count; index++) {
      store<u8>(end + index, <u8>((load<u64>(values + (<usize>index << 3)) - lowest) >> shift));
    }
    setEnd(stream, end + count);
  }
}

