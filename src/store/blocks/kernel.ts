import type { MessageBatch } from '../../model/batch.ts';
import { compileModule, instantiate } from '../../model/wasm.ts';
import { ENCODE_WASM } from './encode.wasm.ts';

/** Where a dictionary keeps how many entries it has and how many bytes their texts take. */
const COUNT = 0x18000;
const TEXTS = 0x18004;

/** Bytes that loads and stores may touch beyond a text. */
const SLACK = 64;
const PAGE = 65_536;

type Address = { readonly value: number };

/** What `encode.wat` exports; its comments say what each does. */
type Exports = {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
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
  readonly batch: Address;
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
 * The WebAssembly module of `encode.wat` with its memory, and a batch within it. `take` and `reserve` may make the
 * memory grow: views of it that were got before are then empty.
 * WebAssembly returns addresses as signed numbers: `>>> 0` makes them whole beyond 2 GiB.
 */
export class Kernel {
  readonly exports: Exports;
  bytes: Buffer;
  u16: Uint16Array;
  u32: Uint32Array;
  i32: Int32Array;
  /** Where the batch that was taken lies: its arena, and what is free behind it; for its columns see `column`. */
  readonly at = { arena: 0, free: 0 };
  /** What to add to where a column begins in its buffer. */
  #columns = 0;
  #arena: WeakRef<MessageBatch> | undefined;
  #filling = 0;
  #used = 0;

  /** @param wide is called by `scan` with the ends of each token that has bytes beyond ASCII */
  constructor(wide: (start: number, end: number) => void) {
    this.exports = instantiate(compileModule(ENCODE_WASM), { texts: { wide } });
    const { buffer } = this.exports.memory;
    this.bytes = Buffer.from(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i32 = new Int32Array(buffer);
  }

  /** Copies a batch in; its arena only where it is not there from the last block of the batch. */
  take(batch: MessageBatch): void {
    const { at } = this;
    // The columns lie side by side, from the first to the last.
    const { receivedAt: first, lengths: last } = batch;
    const columns = Buffer.from(first.buffer, first.byteOffset, last.byteOffset + last.byteLength - first.byteOffset);
    this.#columns = this.exports.batch.value - first.byteOffset;
    at.arena = aligned(this.exports.batch.value + columns.length);
    at.free = aligned(at.arena + batch.used + SLACK);
    this.reserve(at.free, 0);
    this.bytes.set(columns, this.exports.batch.value);
    if (this.#arena?.deref() === batch && this.#filling === batch.fillings && this.#used === batch.used) return;
    this.bytes.set(batch.arena.subarray(0, batch.used), at.arena);
    this.#arena = new WeakRef(batch);
    this.#filling = batch.fillings;
    this.#used = batch.used;
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
    return { count: i32[(address + COUNT) >> 2]!, bytes: i32[(address + TEXTS) >> 2]! };
  }

  /** Makes room for so many bytes at an address and what may be touched beyond. @throws RangeError beyond 4 GiB */
  reserve(at: number, bytes: number): void {
    const missing = at + bytes + SLACK - this.bytes.length;
    if (missing <= 0) return;
    this.exports.memory.grow(Math.ceil(missing / PAGE));
    const { buffer } = this.exports.memory;
    this.bytes = Buffer.from(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.i32 = new Int32Array(buffer);
  }
}

function aligned(address: number): number {
  return Math.ceil(address / SLACK) * SLACK;
}
