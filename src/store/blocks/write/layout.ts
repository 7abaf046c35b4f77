import type { MessageBatch } from '../../../model/batch.ts';
import type { ByteWriter } from '../format/bytes.ts';
import { MAX_ROWS } from '../format/format.ts';
import type { EncoderWasm } from './encoder-wasm.ts';
import { DICTIONARY } from './memory-layout.ts';

/** Bytes that a length takes at most as a varint. */
const LENGTH_BYTES = 5;

/** The rows of a batch that become a block. */
export type BlockRows = {
  readonly batch: MessageBatch;
  /** Row numbers of the batch in ascending order of id. */
  readonly rows: Uint32Array;
  /** The nodes of all rows of the batch where they differ; otherwise `batch.node` is the node of each. */
  readonly nodes?: Uint16Array;
};

/** Which row goes to which place: grouped by kind, in order of rows within one. Reused from block to block. */
export class Layout {
  /** Kinds in ascending order of app, then of priority. */
  kinds = 0;
  /** Kind → number of its app among the apps, as they are written. */
  readonly kindApp = new Int32Array(MAX_ROWS);
  readonly kindPriority = new Uint8Array(MAX_ROWS);
  readonly #kernel: EncoderWasm;
  #count = 0;

  constructor(kernel: EncoderWasm) {
    this.#kernel = kernel;
  }

  /** Groups the rows of the batch that the kernel took last. */
  group({ batch, rows }: BlockRows): void {
    const kernel = this.#kernel;
    const { exports, at, u32 } = kernel;
    this.#count = rows.length;
    u32.set(rows, exports.rows.value >> 2);
    const [offsets, lengths] = [kernel.column(batch.offsets), kernel.column(batch.lengths)];
    this.kinds = exports.read(rows.length, offsets, lengths, at.arena, kernel.column(batch.priority));
    this.#sortKinds();
    exports.group(rows.length);
  }

  /** Place → row of the batch; valid until the next block. */
  get placed(): Int32Array {
    return this.#kernel.list(this.#kernel.exports.placed, this.#count);
  }

  /**
   * Numbers each place's span in one of `DICTIONARY`, in order of first appearance among the places: a column of mostly
   * different values then rises evenly, which compresses well. The numbers stand in the kernel's `ids` until the next call.
   */
  number(dictionary: number): void {
    const { exports } = this.#kernel;
    exports.place(dictionary, exports.places.value, this.#count);
  }

  /** Writes the spans of one of `DICTIONARY` in the order of `number`, to be read by `Dictionary`. */
  write(dictionary: number, out: ByteWriter): void {
    const kernel = this.#kernel;
    const { count, bytes } = kernel.dictionary(dictionary);
    const { free } = kernel.at;
    kernel.reserve(free, count * LENGTH_BYTES + bytes);
    out.varint(count);
    out.bytes(kernel.bytes.subarray(free, kernel.exports.write(dictionary, free) >>> 0));
  }

  /** Numbers the kinds anew in order of their keys, and tells the kernel where each begins. */
  #sortKinds(): void {
    const { exports, u16, u32 } = this.#kernel;
    const [known, ranks, kindRows] = [exports.known.value >> 1, exports.ranks.value >> 1, exports.kindRows.value >> 1];
    const keys = u32.subarray(exports.keys.value >> 2, (exports.keys.value >> 2) + this.kinds).sort();
    const counts = u32.subarray(exports.counts.value >> 2, (exports.counts.value >> 2) + this.kinds);
    const [sizes, firstRows] = [counts.slice(), u16.slice(kindRows, kindRows + this.kinds)];
    for (let rank = 0, start = 0; rank < this.kinds; rank++) {
      const key = keys[rank]!;
      const kind = u16[known + key]! - 1;
      u16[known + key] = 0;
      u16[ranks + kind] = rank;
      u16[kindRows + rank] = firstRows[kind]!;
      counts[rank] = start;
      start += sizes[kind]!;
      this.kindPriority[rank] = key & 255;
    }
    // The kinds stand in order of their apps, so a row of each kind names all apps in the order of their kinds.
    exports.place(DICTIONARY.apps, exports.kindRows.value, this.kinds);
    this.kindApp.set(this.#kernel.list(exports.ids, this.kinds));
  }
}
