import { ABSENT, DISPOSITION, type MessageBatch, SPANS } from '../model/batch.ts';
import type { LogMessage } from '../model/message.ts';

/** Whether a row matches. */
export type RowTest = (rows: StageRows, row: number) => boolean;

/** The rows of a batch, as stages read and change them. */
export class StageRows {
  readonly batch: MessageBatch;
  /** The last row that was read as a message, until it changes. */
  #message: LogMessage | undefined;
  #row = -1;

  constructor(batch: MessageBatch) {
    this.batch = batch;
  }

  isStored(row: number): boolean {
    return this.batch.disposition[row] === DISPOSITION.stored;
  }

  /**
   * The row as an object, for conditions that columns cannot decide. It costs more than parsing the
   * row did.
   */
  message(row: number): LogMessage {
    if (this.#row !== row || !this.#message) {
      this.#message = this.batch.message(row);
      this.#row = row;
    }
    return this.#message;
  }

  /** Call it after changing columns of a row. */
  changed(row: number): void {
    if (row === this.#row) this.#message = undefined;
  }

  /** Bytes of a span; 0 if it is absent. */
  length(row: number, span: number): number {
    return Math.max(0, this.batch.lengths[row * SPANS + span]!);
  }

  has(row: number, span: number): boolean {
    return this.batch.lengths[row * SPANS + span] !== ABSENT;
  }

  /** The bytes of a span, a view of the arena. */
  bytes(row: number, span: number): Buffer {
    const offset = this.batch.offsets[row * SPANS + span]!;
    return this.batch.arena.subarray(offset, offset + this.length(row, span));
  }

  /**
   * Replaces the text of a span. @returns false if the arena has no room for the text; the span is
   * then unchanged
   */
  replace(row: number, span: number, text: Uint8Array): boolean {
    const offset = this.batch.put(text);
    if (offset === ABSENT) return false;
    this.batch.setSpan(row, span, offset, text.length);
    this.changed(row);
    return true;
  }

  /** Makes a span absent. */
  remove(row: number, span: number): void {
    this.batch.lengths[row * SPANS + span] = ABSENT;
    this.changed(row);
  }
}
