import type { ByteWriter } from './bytes.ts';
import { damaged } from './format.ts';

/*
 * A column of numbers: how many bytes a number (0: all are the lowest), the lowest, then what each is above it as planes:
 * the low bytes of all, then the next ones. Planes of one kind of byte compress far better than whole numbers do.
 */

/** Numbers that are too far apart for a difference without loss, or no whole numbers: as they are. */
const DOUBLES = 8;
const HEADER = 9;

/** Any numbers; whole ones within 32 bits of one another, which most are, come from `encode.wat`. */
export function writeNumbers(out: ByteWriter, values: Float64Array): void {
  const low = values.reduce((lowest, value) => Math.min(lowest, value), Infinity);
  const high = values.reduce((highest, value) => Math.max(highest, value), -Infinity);
  // Infinities and NaN are no safe integers; -0 comes back as 0, which no column tells apart.
  const whole = values.every(Number.isSafeInteger) && high - low <= Number.MAX_SAFE_INTEGER;
  out.reserve(HEADER + values.length * DOUBLES);
  if (whole) writePlanes(out, values, { low, width: widthOf(high - low) });
  else writeDoubles(out, values);
}

/** A column as a block holds it: a number at a time, or all of them. */
export class NumberColumn {
  readonly #raw: Buffer;
  readonly #count: number;
  readonly #width: number;
  readonly #low: number;

  /** @throws where the bytes are not those of `count` numbers */
  constructor(raw: Buffer, count: number) {
    this.#raw = raw;
    this.#count = count;
    this.#width = raw[0] ?? 0;
    if (this.#width > DOUBLES || raw.length !== HEADER + this.#width * count) {
      throw damaged('a column does not have its length');
    }
    this.#low = raw.readDoubleLE(1);
  }

  /** The number that all are; undefined where they differ. */
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

  /** All of them where they are ids, which fit 16 bits. @throws where one cannot */
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
