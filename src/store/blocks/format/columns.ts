import { ByteReader } from './bytes.ts';
import type { BlockParts } from '../contract.ts';
import { COLUMNS, damaged, guarded, unseal } from './format.ts';
import { type PackedFrame, readFrame, unpackFrame } from './frames.ts';

/** The first byte of `columns`: whether one frame holds all sections, or each section has its own. */
export const FRAMES_MODE = { together: 0, apart: 1 } as const;

/** The sections of `columns`; each is unpacked at its first use, unless an earlier search kept it. */
export class ColumnsReader {
  readonly #parts: BlockParts;
  #sections: readonly (PackedFrame | Buffer)[] | undefined;

  constructor(parts: BlockParts) {
    this.#parts = parts;
  }

  /** @throws if the part is damaged */
  section(index: number): Buffer {
    const { unpacked } = this.#parts;
    const kept = unpacked?.get(index);
    if (kept) return Buffer.from(kept.buffer, kept.byteOffset, kept.byteLength);
    this.#sections ??= sectionsOf(this.#parts.columns());
    const section = this.#sections[index]!;
    const raw = Buffer.isBuffer(section)
      ? section
      : guarded(`column ${index}`, () => unpackFrame(section as PackedFrame));
    // A section that was not compressed is a view of a larger buffer: copied, so that the buffer is
    // not kept alive.
    unpacked?.set(index, raw.length < raw.buffer.byteLength / 2 ? new Uint8Array(raw) : raw);
    return raw;
  }
}

function sectionsOf(part: Uint8Array): (PackedFrame | Buffer)[] {
  const reader = new ByteReader(unseal(part, 'the columns'));
  return guarded('the columns', () => {
    const mode = reader.u8();
    if (mode === FRAMES_MODE.apart) return Array.from({ length: COLUMNS }, () => readFrame(reader));
    if (mode !== FRAMES_MODE.together) throw damaged(`the columns have the unknown mode ${mode}`);
    const lengths = Array.from({ length: COLUMNS }, () => reader.varint());
    const all = new ByteReader(unpackFrame(readFrame(reader)));
    return lengths.map((length) => all.take(length));
  });
}
