import { addressesOf, lazyModule } from '../base/wasm/wasm.ts';
import { type MessageBatch, NOT_SENT } from '../model/batch.ts';
import { BIT, FORMAT, SKEW } from './bits.ts';
import { FAST_PATH_WASM } from './fast-path.wasm.ts';
import type { FrameTable } from './frame-table.ts';

/** What `fast-path.as.ts` exports. */
type Exports = { read(from: number, to: number, row: number, receivedAt: number, sequence: number): number };

const instantiate = lazyModule<Exports>(FAST_PATH_WASM);

/**
 * Reads frames of RFC 5424's common form into a batch, five times as fast as a `Parser` and with
 * the same result. It reads no other frames.
 */
export class FastPath {
  readonly #batch: MessageBatch;
  readonly #read: Exports['read'];

  /** @param frames the frame table of this batch */
  constructor(batch: MessageBatch, frames: FrameTable) {
    const { start, length, source, flags, words } = frames;
    this.#batch = batch;
    this.#read = instantiate({
      env: { memory: batch.memory },
      batch: addressesOf(columnsOf(batch)),
      frame: addressesOf({ start, length, source, flags, words }),
      value: VALUES,
    }).read;
  }

  /**
   * Appends a row for each of the frames [from, to) of the table, the first of which has
   * `sequence`, until one has flags or is not of the common form. The batch must have room for
   * them. @returns how many frames it read
   */
  read(from: number, to: number, receivedAt: number, sequence: number): number {
    const count = this.#read(from, to, this.#batch.count, receivedAt, sequence);
    this.#batch.count += count;
    return count;
  }
}

const VALUES = {
  rfc3164: FORMAT.rfc3164,
  rfc5424: FORMAT.rfc5424,
  notSent: NOT_SENT,
  noHostname: BIT.noHostname,
  clockSkew: BIT.clockSkew,
  skewAhead: SKEW.ahead,
  skewBehind: SKEW.behind,
};

/** The columns that `fast-path.as.ts` imports. */
function columnsOf(batch: MessageBatch): Record<string, ArrayBufferView> {
  const { arena, receivedAt, sequence, priority, format, version, flags, timestamp } = batch;
  const { timestampUs, timestampOffset, originalLength, source, stream, offsets, lengths } = batch;
  const fixed = { receivedAt, sequence, priority, format, version, flags, timestamp, timestampUs, timestampOffset };
  return { ...fixed, originalLength, source, stream, offsets, lengths, arena };
}
