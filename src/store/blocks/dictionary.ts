import { ABSENT } from '../../model/batch.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { damaged, MAX_ROWS } from './format.ts';

const SLOTS = MAX_ROWS * 4;

/**
 * Numbers the different spans of a column: 0, 1, … An absent span is a value of its own.
 * Reused from block to block by `begin`.
 */
export class SpanDictionary {
  count = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #last = 0;
  readonly #slots = new Uint16Array(SLOTS);
  readonly #offsets = new Uint32Array(MAX_ROWS);
  readonly #lengths = new Int32Array(MAX_ROWS);
  /** The entries in the order in which they are written, and where each went. */
  readonly #order = new Uint16Array(MAX_ROWS);
  readonly #rank = new Int32Array(MAX_ROWS);
  /** Row → entry, as `add` found it. */
  readonly #found = new Uint16Array(MAX_ROWS);

  /** Forgets all; the spans that follow lie in `view`. */
  begin(view: DataView): void {
    this.#view = view;
    this.#slots.fill(0);
    this.#last = 0;
    this.count = 0;
  }

  /** Takes the span of a row; rows are added in the order in which they lie in memory. */
  add(row: number, offset: number, length: number): number {
    const id = this.#idOf(offset, length);
    this.#found[row] = id;
    return id;
  }

  /**
   * Writes into `ids` the number of each place's span, numbered anew in order of first appearance among the places:
   * a column of mostly different values then rises evenly, which compresses well. `rows` maps places to rows.
   */
  place(rows: Uint16Array, ids: Int32Array): void {
    this.#rank.fill(-1, 0, this.count);
    let next = 0;
    for (let place = 0; place < rows.length; place++) {
      const id = this.#found[rows[place]!]!;
      if (this.#rank[id] === -1) {
        this.#order[next] = id;
        this.#rank[id] = next++;
      }
      ids[place] = this.#rank[id]!;
    }
  }

  /** Writes the entries in the order of `place`, to be read by `Dictionary`. */
  write(out: ByteWriter): void {
    out.varint(this.count);
    for (let i = 0; i < this.count; i++) out.varint(this.#lengths[this.#order[i]!]! + 1);
    for (let i = 0; i < this.count; i++) {
      const id = this.#order[i]!;
      const length = this.#lengths[id]!;
      if (length > 0) out.bytes(new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#offsets[id]!, length));
    }
  }

  #idOf(offset: number, length: number): number {
    if (this.count > 0 && this.#equals(this.#last, offset, length)) return this.#last;
    let slot = this.#hash(offset, length);
    for (;;) {
      const entry = this.#slots[slot]!;
      if (entry === 0) break;
      if (this.#equals(entry - 1, offset, length)) {
        this.#last = entry - 1;
        return this.#last;
      }
      slot = (slot + 1) & (SLOTS - 1);
    }
    const id = this.count++;
    this.#slots[slot] = id + 1;
    this.#offsets[id] = offset;
    this.#lengths[id] = length;
    this.#last = id;
    return id;
  }

  #equals(id: number, offset: number, length: number): boolean {
    if (this.#lengths[id] !== length) return false;
    const view = this.#view;
    const other = this.#offsets[id]!;
    let at = 0;
    for (; at + 4 <= length; at += 4) if (view.getInt32(offset + at) !== view.getInt32(other + at)) return false;
    for (; at < length; at++) if (view.getUint8(offset + at) !== view.getUint8(other + at)) return false;
    return true;
  }

  #hash(offset: number, length: number): number {
    const view = this.#view;
    let hash = length;
    let at = 0;
    for (; at + 4 <= length; at += 4) hash = Math.imul(hash ^ view.getInt32(offset + at), 0x9e3779b1);
    for (; at < length; at++) hash = Math.imul(hash ^ view.getUint8(offset + at), 0x9e3779b1);
    hash ^= hash >>> 15;
    return Math.imul(hash, 0x85ebca6b) >>> 18;
  }
}

/** A dictionary as a block holds it. */
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

  /** Where an entry lies in `all`: start and length, ABSENT where it stands for "absent". */
  locate(id: number): readonly [start: number, length: number] {
    const length = this.#lengths[id];
    if (length === undefined) throw damaged(`a dictionary has no entry ${id}`);
    return [this.#starts[id]!, length];
  }

  /** The bytes of an entry, undefined where it stands for "absent". */
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

/** Writes texts in the form of `SpanDictionary.write`. */
export function writeTexts(out: ByteWriter, texts: readonly string[]): void {
  const bytes = texts.map((text) => Buffer.from(text));
  out.varint(bytes.length);
  for (const entry of bytes) out.varint(entry.length + 1);
  for (const entry of bytes) out.bytes(entry);
}
