import type { MessageBatch } from '../model/batch.ts';
import { FrameTable } from '../parse/index.ts';
import type { SpoolReader, SpoolRecord } from '../spool/contract.ts';

/**
 * Reads records of the spool into the arena of a batch, and knows which frame of the last record is
 * next. A record may end in a later batch than it began in: what is left of its payload then moves
 * to the start of the arena.
 */
export class RecordCursor {
  /** The frames of the record. Those before `next` are done. */
  readonly frames: FrameTable;
  /** The first frame that is neither a row yet nor skipped. */
  next = 0;
  readonly #batch: MessageBatch;
  readonly #reader: SpoolReader;
  /** Index of a source in the reader → its index in the batch. */
  readonly #sources = new Map<number, number>();

  /** @param batch one of `MessageBatch.inMemory` */
  constructor(batch: MessageBatch, reader: SpoolReader) {
    this.#batch = batch;
    this.#reader = reader;
    this.frames = new FrameTable(batch);
  }

  get record(): SpoolRecord {
    return this.#reader.record;
  }

  /** Whether no frame of the record is left. */
  get isDone(): boolean {
    return this.next >= this.#reader.record.count;
  }

  /** The listener that received a frame of the record. */
  listenerOf(frame: number): string {
    return this.#reader.sources[this.#reader.record.source[frame]!]!.listener;
  }

  /**
   * Reads the next record. @returns `full` if the arena has no room for it, `end` if the spool has
   * no more for now
   */
  advance(): 'record' | 'full' | 'end' {
    const batch = this.#batch;
    const bytes = this.#reader.next(batch.arena, batch.used);
    if (bytes <= 0) return bytes < 0 ? 'full' : 'end';
    const { count, offset, length, flags } = this.#reader.record;
    batch.used += bytes;
    this.next = 0;
    this.frames.start.set(offset.subarray(0, count));
    this.frames.length.set(length.subarray(0, count));
    this.frames.flags.set(flags.subarray(0, count));
    this.#setSources();
    return 'record';
  }

  /** Empties the batch, but for the frames of the record that are not done. */
  startBatch(): void {
    const batch = this.#batch;
    batch.clear();
    this.#sources.clear();
    if (this.isDone) return;
    const { start, length } = this.frames;
    const last = this.#reader.record.count - 1;
    const from = start[this.next]!;
    const end = start[last]! + length[last]!;
    batch.arena.copyWithin(0, from, end);
    batch.used = end - from;
    for (let frame = this.next; frame <= last; frame++) start[frame]! -= from;
    this.#setSources();
  }

  /** Consecutive frames mostly share a source: it is looked up when it changes. */
  #setSources(): void {
    const { source, count } = this.#reader.record;
    let [known, index] = [-1, 0];
    for (let frame = this.next; frame < count; frame++) {
      if (source[frame] !== known) {
        known = source[frame]!;
        index = this.#indexOf(known);
      }
      this.frames.source[frame] = index;
    }
  }

  #indexOf(source: number): number {
    let index = this.#sources.get(source);
    if (index === undefined) {
      index = this.#batch.sources.push(this.#reader.sources[source]!) - 1;
      this.#sources.set(source, index);
    }
    return index;
  }
}
