import type { ByteWriter } from './bytes.ts';
import { damaged } from './format.ts';

/*
 * A column of numbers: bytes per number (0: all equal the lowest), the lowest number, then the
 * difference of each number to it as planes: the lowest byte of all differences, then the next.
 * Planes of similar bytes compress far better.
 */

/**
 * Bytes per number if the numbers are stored as doubles: not integers, or too far apart for exact
 * differences.
 */
const DOUBLES = 8;
const HEADER = 9;

/**
 * Writes any numbers. Most columns are integers within 32 bits of each other; `encode.wat` writes
 * those.
 */
export function writeNumbers(out: ByteWriter, values: Float64Array): void {
  const low = values.reduce((lowest, value) => Math.min(lowest, value), Infinity);
  const high = values.reduce((highest, value) => Math.max(highest, value), -Infinity);
  // Infinities and NaN are not safe integers; -0 is read back as 0, which no column distinguishes.
  const whole = values.every(Number.isSafeInteger) && high - low <= Number.MAX_SAFE_INTEGER;
  out.reserve(HEADER + values.length * DOUBLES);
  if (whole) writePlanes(out, values, { low, width: widthOf(high - low) });
  else writeDoubles(out, values);
}

/** A column as a block stores it; reads one number or all. */
export class NumberColumn {
  readonly #raw: Buffer;
  readonly #count: number;
  readonly #width: number;
  readonly #low: number;

  /** @throws if the bytes are not a column of `count` numbers */
  constructor(raw: Buffer, count: number) {
    this.#raw = raw;
    this.#count = count;
    this.#width = raw[0] ?? 0;
    if (this.#width > DOUBLES || raw.length !== HEADER + this.#width * count) {
      throw damaged('a column has the wrong length');
    }
    this.#low = raw.readDoubleLE(1);
  }

  /** The value of all numbers; undefined if they differ. */
  get constant(): number | undefined {
    return this.#width === 0 ? this.#low : undefined;
  }

  at(index: number): number {
    if (this.#width === 0) return this.#low;
    if (this.#width === DOUBLES) return this.#raw.readDoubleLE(HEADER + index * 8);
    let value = this.#low;
    for (let plane = 0, at = HEADER + index, scale = 1; plane < this.#width; plane++, at += this.#count, scale *= 256) {
      value += this.#raw[at]! * scale;
    }
    return value;
  }

  all(): Float64Array {
    const values = new Float64Array(this.#count);
    if (this.#width === DOUBLES) for (let i = 0; i < values.length; i++) values[i] = this.at(i);
    else {
      values.fill(this.#low);
      for (let plane = 0, scale = 1; plane < this.#width; plane++, scale *= 256) {
        const from = HEADER + plane * this.#count;
        for (let i = 0; i < values.length; i++) values[i]! += this.#raw[from + i]! * scale;
      }
    }
    return values;
  }

  /** The sum of the numbers from `from` to below `to`. */
  sum(from: number, to: number): number {
    let sum = (to - from) * this.#low;
    if (this.#width === DOUBLES) {
      for (let i = from; i < to; i++) sum += this.at(i);
      return sum;
    }
    for (let plane = 0, scale = 1; plane < this.#width; plane++, scale *= 256) {
      const first = HEADER + plane * this.#count;
      let bytes = 0;
      for (let i = first + from; i < first + to; i++) bytes += this.#raw[i]!;
      sum += bytes * scale;
    }
    return sum;
  }

  /** Index → 1 if its number is not 0. */
  nonzero(): Uint8Array {
    const marks = new Uint8Array(this.#count);
    if (this.#width === 1) {
      const zero = -this.#low;
      for (let i = 0; i < marks.length; i++) marks[i] = this.#raw[HEADER + i] === zero ? 0 : 1;
    } else for (let i = 0; i < marks.length; i++) marks[i] = this.at(i) === 0 ? 0 : 1;
    return marks;
  }

  /** All numbers of a column of ids, which fit 16 bits. @throws if one does not */
  ids(): Uint16Array {
    const raw = this.#raw;
    const low = this.#low;
    const ids = new Uint16Array(this.#count);
    if (this.#width > 2) throw damaged(`a column of ids is ${this.#width} bytes wide`);
    if (this.#width === 0) return ids.fill(low);
    for (let i = 0; i < ids.length; i++) ids[i] = low + raw[HEADER + i]!;
    const high = HEADER + ids.length;
    if (this.#width === 2) for (let i = 0; i < ids.length; i++) ids[i]! += raw[high + i]! << 8;
    return ids;
  }
}

/** The sums of steps up to some rows, one after another in any order: rows side by side cost little. */
export class RunningSum {
  readonly #steps: NumberColumn;
  #row = 0;
  #sum: number;

  /** @param first the number of row 0, to which the steps add */
  constructor(steps: NumberColumn, first: number) {
    this.#steps = steps;
    this.#sum = first;
  }

  at(row: number): number {
    if (row > this.#row) this.#sum += this.#steps.sum(this.#row, row);
    else if (row < this.#row) this.#sum -= this.#steps.sum(row, this.#row);
    this.#row = row;
    return this.#sum;
  }
}

function widthOf(span: number): number {
  let width = 0;
  for (let limit = 1; limit <= span; limit *= 256) width++;
  return width;
}

function writePlanes(out: ByteWriter, values: Float64Array, { low, width }: { low: number; width: number }): void {
  out.u8(width);
  out.f64(low);
  for (let plane = 0, scale = 1; plane < width; plane++, scale *= 256) {
    for (const value of values) out.u8(Math.floor((value - low) / scale) % 256);
  }
}

function writeDoubles(out: ByteWriter, values: Float64Array): void {
  out.u8(DOUBLES);
  out.f64(0);
  for (const value of values) out.f64(value);
}
