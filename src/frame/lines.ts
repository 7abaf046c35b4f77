import { type FrameList, MAX_RECORD_FRAMES } from '../base/frame-list.ts';
import { type Address, lazyModule, type WasmMemory } from '../base/wasm/wasm.ts';
import { ROOM_BYTES, SCAN_BYTES } from './lines-layout.ts';
import { LINES_WASM } from './lines.wasm.ts';

/** What `lines.wat` exports. */
type Exports = {
  readonly memory: WasmMemory;
  readonly skips: Address;
  readonly lengths: Address;
  readonly flags: Address;
  readonly originals: Address;
  readonly results: Address;
  readonly window: Address;
  readonly room: Address;
  scan(start: number, end: number, last: number, max: number, index: number): number;
};

const instantiate = lazyModule<Exports>(LINES_WASM);

/** A frame list in the scanner's memory, which finds the plain lines of a chunk by itself. */
export class LineList implements FrameList {
  count = 0;
  readonly skip: Uint32Array;
  readonly length: Uint32Array;
  readonly flags: Uint8Array;
  readonly original: Uint32Array;
  /** Memory for chunks: lines in it are found without a copy. */
  readonly room: Buffer;
  readonly #scan: Exports['scan'];
  readonly #window: Uint8Array;
  readonly #results: Uint32Array;
  /** The stretch of the chunk that can be scanned. */
  #chunk: Uint8Array | undefined;
  #from = 0;
  #to = 0;
  /** The address of the chunk's first byte; below 0 if only a later stretch is in the window. */
  #base = 0;

  constructor() {
    const exports = instantiate();
    const { buffer } = exports.memory;
    this.skip = new Uint32Array(buffer, exports.skips.value, MAX_RECORD_FRAMES);
    this.length = new Uint32Array(buffer, exports.lengths.value, MAX_RECORD_FRAMES);
    this.flags = new Uint8Array(buffer, exports.flags.value, MAX_RECORD_FRAMES);
    this.original = new Uint32Array(buffer, exports.originals.value, MAX_RECORD_FRAMES);
    this.#results = new Uint32Array(buffer, exports.results.value, 2);
    this.#window = new Uint8Array(buffer, exports.window.value, SCAN_BYTES);
    this.room = Buffer.from(buffer, exports.room.value, ROOM_BYTES);
    this.#scan = exports.scan;
  }

  /**
   * Adds lines of at most `maxFrame` bytes from `from` on, where a frame begins, up to the first that is not plain (see
   * lines.wat) or does not end within the window. @param last end of the frame before @returns position of that line
   */
  addLines(chunk: Uint8Array, from: number, last: number, maxFrame: number): number {
    if (this.#chunk !== chunk || from < this.#from || from >= this.#to) this.#load(chunk, from);
    const base = this.#base;
    const next = this.#scan(base + from, base + this.#to, base + last, maxFrame, this.count);
    this.count = this.#results[0]!;
    return next - base;
  }

  /** The end of the last line that `addLines` added, or its `last` if it added none. */
  get end(): number {
    return this.#results[1]! - this.#base;
  }

  /** Forgets the chunk. */
  release(): void {
    this.count = 0;
    this.#chunk = undefined;
  }

  #load(chunk: Uint8Array, from: number): void {
    this.#chunk = chunk;
    this.#from = from;
    this.#to = Math.min(chunk.length, from + SCAN_BYTES);
    if (chunk.buffer === this.room.buffer) {
      this.#base = chunk.byteOffset;
      return;
    }
    this.#base = this.#window.byteOffset - from;
    this.#window.set(chunk.subarray(from, this.#to));
  }
}
