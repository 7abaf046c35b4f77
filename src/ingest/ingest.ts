import type { Accounting } from '../account/index.ts';
import { DISPOSITION, type MessageBatch } from '../model/batch.ts';
import { FastPath, type Parser } from '../parse/index.ts';
import type { SpoolReader } from '../spool/contract.ts';
import { SEGMENT_SEQUENCES } from '../spool/index.ts';
import { ArrivalRuns } from './arrival-runs.ts';
import type { EarlierRun } from './earlier-run.ts';
import { FRAME_HEADROOM, setFrameFlags } from './frame-row.ts';
import { RecordCursor } from './record-cursor.ts';

/** Accounting hooks for frames read from the spool, including those that do not become rows. */
export type IngestAccount = Pick<Accounting, 'read' | 'missing' | 'alreadyStored' | 'dropped'>;

export type IngestParts = {
  /** One of `MessageBatch.inMemory`. */
  readonly batch: MessageBatch;
  readonly reader: SpoolReader;
  readonly parser: Parser;
  readonly earlier: EarlierRun;
  readonly account: IngestAccount;
};

/** Turns records of the spool into rows of a batch. */
export class Ingest {
  readonly batch: MessageBatch;
  /** The last message that was read, whether it became a row or was skipped. */
  last: { receivedAt: number; sequence: number } | undefined;
  readonly #cursor: RecordCursor;
  readonly #fastPath: FastPath;
  #parser: Parser;
  readonly #earlier: EarlierRun;
  readonly #account: IngestAccount;
  readonly #arrivals: ArrivalRuns;
  /** Bytes of the arena that stay free for texts that parsing and the pipeline make up. */
  #headroom = FRAME_HEADROOM;

  constructor({ batch, reader, parser, earlier, account }: IngestParts) {
    this.batch = batch;
    this.#cursor = new RecordCursor(batch, reader);
    this.#fastPath = new FastPath(batch, this.#cursor.frames);
    this.#parser = parser;
    this.#earlier = earlier;
    this.#account = account;
    this.#arrivals = new ArrivalRuns(account);
  }

  /** Replaces the parser, from the next frame on. */
  parseWith(parser: Parser): void {
    this.#parser = parser;
  }

  /** Leaves so many more bytes of the arena free, for a pipeline that changes texts. */
  reserve(bytes: number): void {
    this.#headroom = FRAME_HEADROOM + bytes;
  }

  /** Adds rows until the batch is full (true) or the spool has no more for now (false). */
  fill(): boolean {
    const isFull = this.#fill();
    this.#arrivals.flush();
    return isFull;
  }

  #fill(): boolean {
    const { batch } = this;
    const cursor = this.#cursor;
    for (;;) {
      while (!cursor.isDone) {
        if (batch.count === batch.capacity || batch.used > batch.arena.length - this.#headroom) return true;
        this.#readFrames();
      }
      const found = cursor.advance();
      if (found !== 'record') return found === 'full';
      this.#arrivals.flush();
      this.#reportMissing();
    }
  }

  /** Empties the batch for the next rows, once the store has the last ones. */
  next(): void {
    this.#cursor.startBatch();
  }

  /**
   * Missing sequences belong to messages that cannot be read. A gap of SEGMENT_SEQUENCES or so has
   * no messages: recovery leaves it after a crash.
   */
  #reportMissing(): void {
    const { firstSequence, receivedAt } = this.#cursor.record;
    const before = this.last?.sequence ?? this.#earlier.safeUpTo;
    const missing = firstSequence - before - 1;
    if (before === 0 || missing <= 0 || missing >= SEGMENT_SEQUENCES / 2) return;
    let alreadyStored = 0;
    for (let sequence = before + 1; this.#earlier.mayCover(sequence) && sequence < firstSequence; sequence++) {
      if (this.#earlier.isStored(sequence)) alreadyStored++;
    }
    const count = missing - alreadyStored;
    this.#account.missing({ from: this.last?.receivedAt ?? receivedAt, to: receivedAt, count, alreadyStored });
  }

  /** Reads the next frame, and those after it that the fast path can read. */
  #readFrames(): void {
    const cursor = this.#cursor;
    const { receivedAt, firstSequence, count } = cursor.record;
    const from = cursor.next;
    const sequence = firstSequence + from;
    if (!this.#earlier.mayCover(sequence)) {
      const to = Math.min(count, from + this.batch.capacity - this.batch.count);
      cursor.next += this.#fastPath.read(from, to, receivedAt, sequence);
    }
    if (cursor.next === from) this.#parse(cursor.next++);
    if (sequence > this.#earlier.safeUpTo) this.#arrivals.add(cursor, from);
    this.last = { receivedAt, sequence: firstSequence + cursor.next - 1 };
  }

  /** Parses one frame, unless an earlier run has made it safe. */
  #parse(frame: number): void {
    const { batch } = this;
    const { record, frames } = this.#cursor;
    const sequence = record.firstSequence + frame;
    if (sequence <= this.#earlier.safeUpTo) return;
    const row = batch.begin(record.receivedAt, sequence, frames.source[frame]!);
    const flags = frames.flags[frame]!;
    if (flags !== 0) setFrameFlags(batch, row, flags, record.original[frame]!);
    const start = frames.start[frame]!;
    this.#parser.parse(batch, row, start, start + frames.length[frame]!);
    if (!this.#earlier.isStored(sequence)) return;
    this.#account.alreadyStored(batch, row);
    // Stages that remember must see the row once more; it is not stored again.
    batch.drop(row, DISPOSITION.alreadyStored);
  }
}
