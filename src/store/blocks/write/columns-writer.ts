import { ByteWriter } from '../format/bytes.ts';
import { FRAMES_MODE } from '../format/columns.ts';
import { HEADER_BYTES, seal } from '../format/format.ts';
import { writeFrame } from '../format/frames.ts';
import { writeNumbers } from '../format/numbers.ts';
import type { EncoderWasm } from './encoder-wasm.ts';

/**
 * From this many rows on each section has its own frame, so that a query unpacks only what it
 * needs. Below, one is shorter.
 */
const OWN_FRAMES_ROWS = 512;

/** Collects the sections of `columns` in the order of `COLUMN`; `begin` starts the next block. */
export class ColumnsWriter {
  readonly #raw = new ByteWriter(1 << 18);
  readonly #ends: number[] = [];
  readonly #out = new ByteWriter(1 << 16);

  begin(): void {
    this.#raw.length = 0;
    this.#ends.length = 0;
  }

  /**
   * Adds the section that `encode.wat` wrote up to `end`; 0 means that it could not, and the first
   * `count` doubles are added.
   */
  add(wasm: EncoderWasm, end: number, count: number): void {
    const { section, doubles } = wasm.exports;
    if (end > 0) this.#raw.bytes(wasm.bytes.subarray(section.value, end));
    else writeNumbers(this.#raw, new Float64Array(wasm.bytes.buffer, doubles.value, count));
    this.#ends.push(this.#raw.length);
  }

  /** Adds a section of any other form. @returns its bytes, valid until the next section */
  table(write: (out: ByteWriter) => void): Uint8Array {
    const start = this.#raw.length;
    write(this.#raw);
    this.#ends.push(this.#raw.length);
    return this.#raw.view().subarray(start);
  }

  /** The part with all sections added since `begin`. */
  encode(rows: number, level: number): Buffer {
    const raw = this.#raw.view();
    const out = this.#out;
    out.length = HEADER_BYTES;
    if (rows < OWN_FRAMES_ROWS) {
      out.u8(FRAMES_MODE.together);
      for (const [section, end] of this.#ends.entries()) out.varint(end - (this.#ends[section - 1] ?? 0));
      writeFrame(out, raw, level);
    } else {
      out.u8(FRAMES_MODE.apart);
      for (const [section, end] of this.#ends.entries()) {
        writeFrame(out, raw.subarray(this.#ends[section - 1] ?? 0, end), level);
      }
    }
    return seal(out.copy());
  }
}
