import type { MessageBatch } from '../../../model/batch.ts';
import { type Address, type GrowingMemory, growingMemory, lazyModule, type WasmMemory } from '../../../base/wasm.ts';
import { ENCODE_WASM } from './encode.wasm.ts';
import { ENCODER_LAYOUT } from './memory-layout.ts';

/** Bytes that loads and stores may touch beyond a text. */
const SLACK = 64;
const PAGE = 65_536;

/** What `encode.wat` exports; its comments say what each does. */
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
 * The WebAssembly module of `encode.wat` with its memory, beside that of a batch. `take` and `reserve` may make memory grow:
 * views of it that were got before are then empty.
 * WebAssembly returns addresses as signed numbers: `>>> 0` makes them whole beyond 2 GiB.
 */
export class EncoderWasm {
  /** Those of the instance for the batch that was taken last. */
  exports: Exports;
  bytes: Buffer;
  u16: Uint16Array;
  u32: Uint32Array;
  i32: Int32Array;
  /** Where the arena of the batch that was taken lies, and what is free in our own memory. */
  readonly at = { arena: 0, free: 0 };
  readonly #own = growingMemory(ENCODER_LAYOUT.OWN_PAGES);
  readonly #wide: (start: number, end: number) => void;
  /** An instance for each memory that a batch may lie in. */
  readonly #instances = new WeakMap<WasmMemory, Exports>();
  /** For batches that lie in none: they are copied. */
  readonly #copies = growingMemory(1);
  readonly #copied: Exports;
  /** What to add to where a column begins in its buffer. */
  #columns = 0;
  #arena: WeakRef<MessageBatch> | undefined;
  #filling = 0;
  #used = 0;

  /** @param wide is called by `scan` with the ends of each token that has bytes beyond ASCII */
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

  /** Makes a batch the one that is worked on. */
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

  /** Copies a batch; its arena only where it is not there from the last block of the batch. */
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

  /** Bytes that it holds on to. */
  get size(): number {
    return this.bytes.length + this.#copies.buffer.byteLength;
  }

  /** The address of a column of the batch that was taken. */
  column(column: { readonly byteOffset: number }): number {
    return column.byteOffset + this.#columns;
  }

  /** `length` numbers of a list of `encode.wat`. */
  list(list: Address, length: number): Int32Array {
    return this.i32.subarray(list.value >> 2, (list.value >> 2) + length);
  }

  /** How many entries a dictionary has, and the bytes of all their texts. */
  dictionary(address: number): { readonly count: number; readonly bytes: number } {
    const { i32 } = this;
    return {
      count: i32[(address + ENCODER_LAYOUT.ENTRY_COUNT) >> 2]!,
      bytes: i32[(address + ENCODER_LAYOUT.ENTRY_BYTES) >> 2]!,
    };
  }

  /** Makes room for so many bytes at an address and what may be touched beyond. @throws RangeError beyond 4 GiB */
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

/** @returns whether it had to grow: views that were got before are then empty */
function grow(memory: GrowingMemory, bytes: number): boolean {
  const missing = bytes - memory.buffer.byteLength;
  if (missing <= 0) return false;
  memory.grow(Math.ceil(missing / PAGE));
  return true;
}

function aligned(address: number): number {
  return Math.ceil(address / SLACK) * SLACK;
}
