import { type MessageBatch, SPAN, SPANS } from '../model/batch.ts';
import { type Address, addressesOf, lazyModule, type WasmMemory } from '../base/wasm/wasm.ts';
import { MAX_ROWS } from './row-groups-layout.ts';
import { ROW_GROUPS_WASM } from './row-groups.wasm.ts';

/** The exports of `row-groups.wat`. */
type Exports = {
  readonly memory: WasmMemory;
  readonly firsts: Address;
  readonly counts: Address;
  readonly found: Address;
  readonly groups: Address;
  group(count: number): number;
  numbered(count: number): number;
};

const instantiate = lazyModule<Exports>(ROW_GROUPS_WASM);

/**
 * Groups the rows of a batch by source and host, and finds those with a number from their sender. In a batch outside of
 * WebAssembly memory, or a large one, each row is a group of its own.
 */
export class RowGroups {
  groups = 0;
  /** By group: its first row, and the number of its rows. */
  firsts: Uint32Array = new Uint32Array(0);
  counts: Uint32Array = new Uint32Array(0);
  /** Row → group. */
  groupOf: Uint16Array | Uint32Array = new Uint32Array(0);
  #batch: MessageBatch | undefined;
  #exports: Exports | undefined;

  /** Groups a batch; the groups of the last one are overwritten. */
  group(batch: MessageBatch): this {
    if (batch !== this.#batch) this.#begin(batch);
    this.groups = this.#exports?.group(batch.count) ?? batch.count;
    return this;
  }

  /** The rows whose structured data may have a `meta` element, in order; may include others. */
  numbered(): Uint32Array {
    const { count, lengths } = this.#batch!;
    const exports = this.#exports;
    if (exports) return new Uint32Array(exports.memory.buffer, exports.found.value, exports.numbered(count));
    return this.groupOf.filter((row) => row < count && lengths[row * SPANS + SPAN.structuredData]! > 0) as Uint32Array;
  }

  #begin(batch: MessageBatch): void {
    const { memory, arena, source, offsets, lengths, capacity } = batch;
    this.#batch = batch;
    this.#exports = undefined;
    if (!memory || capacity > MAX_ROWS) {
      this.groupOf = Uint32Array.from({ length: capacity }, (_, row) => row);
      this.firsts = this.groupOf;
      this.counts = new Uint32Array(capacity).fill(1);
      return;
    }
    const addresses = addressesOf({ arena, source, offsets, lengths });
    const exports = instantiate({ batch: { memory, ...addresses } });
    const { buffer } = exports.memory;
    this.firsts = new Uint32Array(buffer, exports.firsts.value, MAX_ROWS);
    this.counts = new Uint32Array(buffer, exports.counts.value, MAX_ROWS);
    this.groupOf = new Uint16Array(buffer, exports.groups.value, MAX_ROWS);
    this.#exports = exports;
  }
}
