import { type MessageBatch, NOT_SENT } from '../model/batch.ts';
import { type Address, addressesOf, lazyModule } from '../base/wasm.ts';
import { BIT, FORMAT, SKEW } from './bits.ts';
import { FAST_PATH_WASM } from './fast-path.wasm.ts';

/** Frames at most that can be laid out at a time. */
export const MAX_FRAMES = 4096;

/** What `fast-path.as.ts` exports. */
type Exports = {
  readonly starts: Address;
  readonly sizes: Address;
  readonly sources: Address;
  read(from: number, to: number, row: number, receivedAt: number, sequence: number): number;
};

const instantiate = lazyModule<Exports>(FAST_PATH_WASM);

/**
 * Reads frames of RFC 5424's common form into a batch that lies in a WebAssembly memory, five times as quick as a
 * `Parser` and with the same result. It reads no others.
 */
export class FastPath {
  /** Where frame i begins in the arena, its length, and its index into `batch.sources`: for the caller to fill. */
  readonly starts: Uint32Array;
  readonly sizes: Uint32Array;
  readonly sources: Uint32Array;
  readonly #batch: MessageBatch;
  readonly #read: Exports['read'];

  /** @throws TypeError for a batch that was not made by `MessageBatch.inMemory` */
  constructor(batch: MessageBatch) {
    const { memory } = batch;
    if (!memory) throw new TypeError('the batch lies in no WebAssembly memory');
    const exports = instantiate({ env: { memory }, batch: addressesOf(columnsOf(batch)), value: VALUES });
    this.starts = new Uint32Array(memory.buffer, exports.starts.value, MAX_FRAMES);
    this.sizes = new Uint32Array(memory.buffer, exports.sizes.value, MAX_FRAMES);
    this.sources = new Uint32Array(memory.buffer, exports.sources.value, MAX_FRAMES);
    this.#batch = batch;
    this.#read = exports.read;
  }

  /**
   * Appends a row for each of the frames [from, to), the first of which has `sequence`, up to one that is not of the
   * common form. The caller has seen that there is room. @returns how many it read
   */
  read(from: number, to: number, receivedAt: number, sequence: number): number {
    const count = this.#read(from, to, this.#batch.count, receivedAt, sequence);
    this.#batch.count += count;
    return count;
  }
}

const VALUES = {
  rfc5424: FORMAT.rfc5424,
  notSent: NOT_SENT,
  noHostname: BIT.noHostname,
  clockSkew: BIT.clockSkew,
  skewAhead: SKEW.ahead,
  skewBehind: SKEW.behind,
};

/** The columns that `fast-path.wat` imports. */
function columnsOf(batch: MessageBatch): Record<string, ArrayBufferView> {
  const { arena, receivedAt, sequence, priority, format, version, flags, timestamp } = batch;
  const { timestampUs, timestampOffset, originalLength, source, stream, offsets, lengths } = batch;
  const fixed = { receivedAt, sequence, priority, format, version, flags, timestamp, timestampUs, timestampOffset };
  return { ...fixed, originalLength, source, stream, offsets, lengths, arena };
}
