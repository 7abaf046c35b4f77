import { ByteReader, ByteWriter } from './bytes.ts';
import type { BlockParts } from '../contract.ts';
import { COLUMNS, damaged, guarded, HEADER_BYTES, seal, unseal } from './format.ts';
import { type Frame, readFrame, unpackFrame, writeFrame } from './frames.ts';
import type { EncoderWasm } from '../write/encoder-wasm.ts';
import { writeNumbers } from './numbers.ts';

/** Below this many rows one frame for all sections is shorter; above, one for each: a query then unpacks only what it needs. */
const APART = 512;
const TOGETHER_MODE = 0;
const APART_MODE = 1;

/** Collects the sections of `columns` in the order of `COLUMN`. Reused from block to block by `begin`. */
export class ColumnsWriter {
  readonly #raw = new ByteWriter(1 << 18);
  readonly #ends: number[] = [];
  readonly #out = new ByteWriter(1 << 16);

  begin(): void {
    this.#raw.length = 0;
    this.#ends.length = 0;
  }

  /** A section that the kernel has written, up to `end`; the first `count` of its `doubles` where it could not. */
  take(kernel: EncoderWasm, end: number, count: number): void {
    const { section, doubles } = kernel.exports;
    if (end > 0) this.#raw.bytes(kernel.bytes.subarray(section.value, end));
    else writeNumbers(this.#raw, new Float64Array(kernel.bytes.buffer, doubles.value, count));
    this.#ends.push(this.#raw.length);
  }

  table(write: (out: ByteWriter) => void): void {
    write(this.#raw);
    this.#ends.push(this.#raw.length);
  }

  /** The part for what was collected. */
  encode(rows: number, level: number): Buffer {
    const raw = this.#raw.view();
    const out = this.#out;
    out.length = HEADER_BYTES;
    if (rows < APART) {
      out.u8(TOGETHER_MODE);
      for (const [section, end] of this.#ends.entries()) out.varint(end - (this.#ends[section - 1] ?? 0));
      writeFrame(out, raw, level);
    } else {
      out.u8(APART_MODE);
      for (const [section, end] of this.#ends.entries()) {
        writeFrame(out, raw.subarray(this.#ends[section - 1] ?? 0, end), level);
      }
    }
    return seal(out.taken());
  }
}

/** The sections of `columns`, each unpacked when it is first asked for, unless it is kept from another time. */
export class ColumnsReader {
  readonly #parts: BlockParts;
  #sections: readonly (Frame | Buffer)[] | undefined;

  constructor(parts: BlockParts) {
    this.#parts = parts;
  }

  /** @throws where the part is damaged */
  section(index: number): Buffer {
    const { unpacked } = this.#parts;
    const kept = unpacked?.get(index);
    if (kept) return Buffer.from(kept.buffer, kept.byteOffset, kept.byteLength);
    this.#sections ??= sectionsOf(this.#parts.columns());
    const section = this.#sections[index]!;
    const raw = Buffer.isBuffer(section) ? section : guarded(`column ${index}`, () => unpackFrame(section as Frame));
    // A section that was not packed is a piece of something larger, which must not be kept for its sake.
    unpacked?.set(index, raw.length < raw.buffer.byteLength / 2 ? new Uint8Array(raw) : raw);
    return raw;
  }
}

function sectionsOf(part: Uint8Array): (Frame | Buffer)[] {
  const reader = new ByteReader(unseal(part, 'the columns'));
  return guarded('the columns', () => {
    const mode = reader.u8();
    if (mode === APART_MODE) return Array.from({ length: COLUMNS }, () => readFrame(reader));
    if (mode !== TOGETHER_MODE) throw damaged(`the columns have the unknown form ${mode}`);
    const lengths = Array.from({ length: COLUMNS }, () => reader.varint());
    const all = new ByteReader(unpackFrame(readFrame(reader)));
    return lengths.map((length) => all.take(length));
  });
}
