import { type MessageBatch, SPAN, SPANS } from '../../../model/batch.ts';
import type { ByteWriter } from '../format/bytes.ts';
import { MAX_ROWS } from '../format/format.ts';
import type { EncoderWasm } from './encoder-wasm.ts';
import { DICTIONARY } from './memory-layout.ts';

/** Longest varint of a length, bytes. */
const LENGTH_BYTES = 5;

/** The rows of a batch that become a block. */
export type BlockRows = {
  readonly batch: MessageBatch;
  /** Row numbers of the batch in ascending order of id. */
  readonly rows: Uint32Array;
  /** The node of each row of the batch if they differ; else `batch.node` is the node of all. */
  readonly nodes?: Uint16Array;
};

/** The place before which the rows of a program end, and its name. */
export type ProgramEnd = { readonly place: number; readonly name: string };

/**
 * Decides which row goes to which place: grouped by kind, in order of rows within a kind. Reused
 * for every block.
 */
export class Layout {
  /** Kinds in ascending order of app, then of priority. */
  kinds = 0;
  /** Kind → number of its app in the written dictionary. */
  readonly kindApp = new Int32Array(MAX_ROWS);
  readonly kindPriority = new Uint8Array(MAX_ROWS);
  readonly #wasm: EncoderWasm;
  #count = 0;

  constructor(wasm: EncoderWasm) {
    this.#wasm = wasm;
  }

  /** Groups the rows of the current batch of `EncoderWasm`. */
  group({ batch, rows }: BlockRows): void {
    const wasm = this.#wasm;
    const { exports, at, u32 } = wasm;
    this.#count = rows.length;
    u32.set(rows, exports.rows.value >> 2);
    const [offsets, lengths] = [wasm.column(batch.offsets), wasm.column(batch.lengths)];
    this.kinds = exports.read(rows.length, offsets, lengths, at.arena, wasm.column(batch.priority));
    this.#sortKinds();
    exports.group(rows.length);
  }

  /** Place → row of the batch; valid until the next block. */
  get placed(): Int32Array {
    return this.#wasm.list(this.#wasm.exports.placed, this.#count);
  }

  /** The ends of programs among the places, in order. */
  programs(batch: MessageBatch): ProgramEnd[] {
    const counts = this.#wasm.exports.counts.value >> 2;
    const ends: ProgramEnd[] = [];
    for (let kind = 0; kind < this.kinds; kind++) {
      if (kind + 1 < this.kinds && this.kindApp[kind] === this.kindApp[kind + 1]) continue;
      // Once the rows are placed, `counts` has the end of each kind.
      const place = this.#wasm.u32[counts + kind]!;
      const span = this.placed[place - 1]! * SPANS + SPAN.appname;
      const [at, length] = [batch.offsets[span]!, batch.lengths[span]!];
      ends.push({ place, name: length < 0 ? '' : batch.arena.toString('latin1', at, at + length) });
    }
    return ends;
  }

  /**
   * Numbers each place's span in one of `DICTIONARY`, in order of first appearance among the
   * places: a column of mostly distinct values then rises evenly, which compresses well. The
   * numbers are in `ids` until the next call.
   */
  number(dictionary: number): void {
    const { exports } = this.#wasm;
    exports.place(dictionary, exports.places.value, this.#count);
  }

  /** Writes the spans of one of `DICTIONARY` in the order of `number`, as `Dictionary` reads them. */
  write(dictionary: number, out: ByteWriter): void {
    const wasm = this.#wasm;
    const { count, bytes } = wasm.dictionary(dictionary);
    const { free } = wasm.at;
    wasm.reserve(free, count * LENGTH_BYTES + bytes);
    out.varint(count);
    out.bytes(wasm.bytes.subarray(free, wasm.exports.write(dictionary, free) >>> 0));
  }

  /** Renumbers the kinds in order of their keys, and sets the first place of each. */
  #sortKinds(): void {
    const { exports, u16, u32 } = this.#wasm;
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
    // Kinds are sorted by app, so the first rows of the kinds name all apps in order.
    exports.place(DICTIONARY.apps, exports.kindRows.value, this.kinds);
    this.kindApp.set(this.#wasm.list(exports.ids, this.kinds));
  }
}
