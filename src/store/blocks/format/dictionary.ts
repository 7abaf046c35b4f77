import { ABSENT } from '../../../model/batch.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { damaged, MAX_ROWS } from './format.ts';

/** A dictionary as a block stores it. */
export class Dictionary {
  readonly count: number;
  readonly #lengths: Int32Array;
  readonly #starts: Uint32Array;
  readonly #bytes: Buffer;
  readonly #texts: (string | undefined)[] = [];

  constructor(reader: ByteReader) {
    this.count = reader.varint();
    if (this.count > MAX_ROWS) throw damaged(`a dictionary has ${this.count} entries`);
    this.#lengths = new Int32Array(this.count);
    this.#starts = new Uint32Array(this.count);
    let total = 0;
    for (let id = 0; id < this.count; id++) {
      const length = reader.varint() - 1;
      this.#lengths[id] = length;
      this.#starts[id] = total;
      if (length > 0) total += length;
    }
    this.#bytes = reader.take(total);
  }

  /** The bytes of all entries, side by side. */
  get all(): Buffer {
    return this.#bytes;
  }

  /**
   * Position of an entry in `all`: start and length; the length is ABSENT if the entry stands for
   * "absent".
   */
  locate(id: number): readonly [start: number, length: number] {
    const length = this.#lengths[id];
    if (length === undefined) throw damaged(`a dictionary has no entry ${id}`);
    return [this.#starts[id]!, length];
  }

  /** The bytes of an entry; undefined if it stands for "absent". */
  bytes(id: number): Buffer | undefined {
    const [start, length] = this.locate(id);
    return length === ABSENT ? undefined : this.#bytes.subarray(start, start + length);
  }

  text(id: number): string | undefined {
    if (!(id in this.#texts)) this.#texts[id] = this.bytes(id)?.toString('utf8');
    return this.#texts[id];
  }

  /** All entries in order of their ids. */
  texts(): readonly (string | undefined)[] {
    for (let id = 0; id < this.count; id++) this.text(id);
    return this.#texts;
  }
}

/** Writes texts in the same form as `Layout.write`. */
export function writeTexts(out: ByteWriter, texts: readonly string[]): void {
  const bytes = texts.map((text) => Buffer.from(text));
  out.varint(bytes.length);
  for (const entry of bytes) out.varint(entry.length + 1);
  for (const entry of bytes) out.bytes(entry);
}
