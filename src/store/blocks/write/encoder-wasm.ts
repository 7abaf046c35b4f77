import type { MessageBatch } from '../../../model/batch.ts';
import {
  type Address,
  type GrowingMemory,
  growingMemory,
  lazyModule,
  type WasmMemory,
} from '../../../base/wasm/wasm.ts';
import { ENCODE_WASM } from './encode.wasm.ts';
import { ENCODER_LAYOUT } from './memory-layout.ts';

/** Bytes beyond a text that loads and stores may touch. */
const SLACK = 64;
const PAGE = 65_536;

/** The exports of `encode.wat`, which describes them. */
type Exports = {
  readonly rows: Address;
  readonly placed: Address;
  readonly places: Address;
  readonly kindOf: Address;
  readonly counts: Address;
  readonly keys: Address;
  readonly kindRows: Address;
  readonly ranks: Address;
  readonly ids: Address;
  readonly presences: Address;
  readonly known: Address;
  readonly section: Address;
  readonly doubles: Address;
  readonly free: Address;
  add(hash: number): void;
  scan(from: number, to: number): number;
  fill(bytes: number): number;
  halve(half: number): void;
  lineFeeds(from: number, to: number): number;
  measure(count: number, lengths: number): number;
  gather(
    count: number,
    offsets: number,
    lengths: number,
    arena: number,
    presence: number,
    out: number,
  ): [end: number, found: number];
  read(count: number, offsets: number, lengths: number, arena: number, priorities: number): number;
  group(count: number): void;
  place(dictionary: number, rows: number, count: number): void;
  write(dictionary: number, out: number): number;
  integers(count: number, values: number): number;
  steps(count: number, column: number): number;
  above(count: number, column: number, base: number): number;
  unsigned32(count: number, column: number): number;
  signed16(count: number, column: number): number;
  unsigned16(count: number, column: number): number;
  unsigned8(count: number, column: number): number;
  ranges(
    count: number,
    timestamps: number,
    formats: number,
    flags: number,
  ): [low: number, high: number, formats: number, flags: number];
  received(count: number, lengths: number, originals: number, formats: number): number;
};

/**
 * The binding of `encode.wat`: its own memory, and an instance for each memory that batches lie in.
 * `take` and `reserve` may grow the memory, which empties earlier views of it. WebAssembly returns
 * addresses as signed numbers: apply `>>> 0`.
 */
export class EncoderWasm {
  /** Exports of the instance for the current batch. */
  exports: Exports;
  bytes: Buffer;
  u16: Uint16Array;
  u32: Uint32Array;
  i32: Int32Array;
  /** Addresses of the current batch's arena, and of the free part of our own memory. */
  readonly at = { arena: 0, free: 0 };
  readonly #own = growingMemory(ENCODER_LAYOUT.OWN_PAGES);
  readonly #wide: (start: number, end: number) => void;
  /** An instance for each memory that batches lie in. */
  readonly #instances = new WeakMap<WasmMemory, Exports>();
  /** Memory that batches outside WebAssembly memory are copied into. */
  readonly #copies = growingMemory(1);
  readonly #copied: Exports;
  /** Added to a column's offset in its buffer to get its address. */
  #columns = 0;
  #arena: WeakRef<MessageBatch> | undefined;
  #filling = 0;
  #used = 0;

  /** @param wide called by `scan` with start and end of each token that has bytes beyond ASCII */
  constructor(wide: (start: number, end: number) => void) {
    this.#wide = wide;
    this.#copied = this.#instance(this.#copies);
    this.exports = this.#copied;
    const { buffer } = this.#own;
    this.bytes = Buffer.from(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i32 = new Int32Array(buffer);
  }

  /** Makes a batch the current one. */
  take(batch: MessageBatch): void {
    const { at } = this;
    at.free = this.exports.free.value;
    if (!batch.memory) {
      this.#copy(batch);
      return;
    }
    let exports = this.#instances.get(batch.memory);
    if (!exports) {
      exports = this.#instance(batch.memory);
      this.#instances.set(batch.memory, exports);
    }
    this.exports = exports;
    this.#columns = 0;
    at.arena = batch.arena.byteOffset;
  }

  /** Copies a batch; its arena only if the last block was not of the same batch. */
  #copy(batch: MessageBatch): void {
    const { at } = this;
    this.exports = this.#copied;
    // The columns lie side by side, from the first to the last.
    const { receivedAt: first, lengths: last } = batch;
    const columns = Buffer.from(first.buffer, first.byteOffset, last.byteOffset + last.byteLength - first.byteOffset);
    this.#columns = -first.byteOffset;
    at.arena = aligned(columns.length);
    grow(this.#copies, at.arena + batch.used + SLACK);
    const copies = Buffer.from(this.#copies.buffer);
    copies.set(columns);
    if (this.#arena?.deref() === batch && this.#filling === batch.fillings && this.#used === batch.used) return;
    copies.set(batch.arena.subarray(0, batch.used), at.arena);
    this.#arena = new WeakRef(batch);
    this.#filling = batch.fillings;
    this.#used = batch.used;
  }

  /** Bytes of memory it keeps. */
  get size(): number {
    return this.bytes.length + this.#copies.buffer.byteLength;
  }

  /** The address of a column of the current batch. */
  column(column: { readonly byteOffset: number }): number {
    return column.byteOffset + this.#columns;
  }

  /** The first `length` numbers of a list of `encode.wat`. */
  list(list: Address, length: number): Int32Array {
    return this.i32.subarray(list.value >> 2, (list.value >> 2) + length);
  }

  /** The number of entries of a dictionary, and the bytes of all their texts. */
  dictionary(address: number): { readonly count: number; readonly bytes: number } {
    const { i32 } = this;
    return {
      count: i32[(address + ENCODER_LAYOUT.ENTRY_COUNT) >> 2]!,
      bytes: i32[(address + ENCODER_LAYOUT.ENTRY_BYTES) >> 2]!,
    };
  }

  /**
   * Makes room for `bytes` at an address, and for what loads may touch beyond. @throws RangeError
   * beyond 4 GiB
   */
  reserve(at: number, bytes: number): void {
    if (!grow(this.#own, at + bytes + SLACK)) return;
    const { buffer } = this.#own;
    this.bytes = Buffer.from(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i32 = new Int32Array(buffer);
  }

  #instance(batch: WasmMemory): Exports {
    const imports = { own: { memory: this.#own }, batch: { memory: batch }, texts: { wide: this.#wide } };
    return instantiate(imports);
  }
}

const instantiate = lazyModule<Exports>(ENCODE_WASM);

/** @returns whether the memory grew, which empties earlier views of it */
function grow(memory: GrowingMemory, bytes: number): boolean {
  const missing = bytes - memory.buffer.byteLength;
  if (missing <= 0) return false;
  memory.grow(Math.ceil(missing / PAGE));
  return true;
}

function aligned(address: number): number {
  return Math.ceil(address / SLACK) * SLACK;
}
