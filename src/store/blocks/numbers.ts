import type { ByteWriter } from './bytes.ts';
import { damaged } from './format.ts';

/*
 * A column of numbers: how many bytes a number (0: all are the lowest), the lowest, then what each is above it as planes:
 * the low bytes of all, then the next ones. Planes of one kind of byte compress far better than whole numbers do.
 */

/** Numbers that are too far apart for a difference without loss, or no whole numbers: as they are. */
const DOUBLES = 8;
const HEADER = 9;

/** Whole numbers of 32 bits. */
export function writeIntegers(out: ByteWriter, values: Int32Array, count: number): void {
  let low = count > 0 ? values[0]! : 0;
  let high = low;
  for (let i = 1; i < count; i++) {
    const value = values[i]!;
    if (value < low) low = value;
    else if (value > high) high = value;
  }
  const width = widthOf(high - low);
  out.reserve(HEADER + count * width);
  out.u8(width);
  out.f64(low);
  const { buffer } = out;
  let at = out.length;
  for (let plane = 0; plane < width; plane++) {
    const shift = plane * 8;
    for (let i = 0; i < count; i++) buffer[at++] = (values[i]! - low) >>> shift;
  }
  out.length = at;
}

/** Any numbers. */
export function writeNumbers(out: ByteWriter, values: Float64Array, count: number): void {
  let low = count > 0 ? values[0]! : 0;
  let high = low;
  // Infinities and NaN are no safe integers; -0 comes back as 0, which no column tells apart.
  let whole = true;
  for (let i = 0; i < count; i++) {
    const value = values[i]!;
    if (value < low) low = value;
    else if (value > high) high = value;
    whole &&= Number.isSafeInteger(value);
  }
  out.reserve(HEADER + count * DOUBLES);
  if (whole && high - low <= Number.MAX_SAFE_INTEGER)
    writePlanes(out, values, { count, low, width: widthOf(high - low) });
  else writeDoubles(out, values, count);
}

/** Values that fit 16 bits, as ids do. @throws where one does not, or bytes are missing */
export function readIds(raw: Buffer, count: number): Uint16Array {
  const ids = new Uint16Array(count);
  const { width, low } = header(raw, count);
  if (width === 0) return ids.fill(low);
  const end = HEADER + count;
  if (width > 2) throw damaged(`a column of ids is ${width} bytes wide`);
  for (let i = 0; i < count; i++) ids[i] = low + raw[HEADER + i]!;
  if (width === 2) for (let i = 0; i < count; i++) ids[i]! += raw[end + i]! << 8;
  return ids;
}

/** @throws where bytes are missing */
export function readNumbers(raw: Buffer, count: number): Float64Array {
  const values = new Float64Array(count);
  const { width, low } = header(raw, count);
  if (width === DOUBLES) for (let i = 0; i < count; i++) values[i] = raw.readDoubleLE(HEADER + i * 8);
  else {
    values.fill(low);
    for (let plane = 0, scale = 1; plane < width; plane++, scale *= 256) {
      const from = HEADER + plane * count;
      for (let i = 0; i < count; i++) values[i]! += raw[from + i]! * scale;
    }
  }
  return values;
}

function header(raw: Buffer, count: number): { width: number; low: number } {
  const width = raw[0] ?? 0;
  if (width > DOUBLES || raw.length !== HEADER + width * count) throw damaged('a column does not have its length');
  return { width, low: raw.readDoubleLE(1) };
}

function widthOf(span: number): number {
  let width = 0;
  for (let limit = 1; limit <= span; limit *= 256) width++;
  return width;
}

function writePlanes(out: ByteWriter, values: Float64Array, of: { count: number; low: number; width: number }): void {
  const { count, low, width } = of;
  out.u8(width);
  out.f64(low);
  const { buffer } = out;
  let at = out.length;
  // Shifts take a difference modulo 2^32: right for the four low planes; those above by division.
  for (let plane = 0; plane < Math.min(width, 4); plane++) {
    const shift = plane * 8;
    for (let i = 0; i < count; i++) buffer[at++] = (values[i]! - low) >>> shift;
  }
  for (let plane = 4; plane < width; plane++) {
    const scale = 256 ** plane;
    for (let i = 0; i < count; i++) buffer[at++] = Math.floor((values[i]! - low) / scale);
  }
  out.length = at;
}

function writeDoubles(out: ByteWriter, values: Float64Array, count: number): void {
  out.u8(DOUBLES);
  out.f64(0);
  for (let i = 0; i < count; i++) out.f64(values[i]!);
}
