import type { Settings } from '../config/index.ts';
import type { MessageBatch } from '../model/batch.ts';
import { flagBit } from '../model/message.ts';
import { createParser, type Parser, UsualReader, zonePicker } from '../parse/index.ts';
import { FRAME, type SpoolReader, type SpoolRecord } from '../spool/contract.ts';
import type { HeldSequences } from '../store/contract.ts';

const TRUNCATED = flagBit('truncated');
const PARTIAL = flagBit('partial');
/** Room in the arena that parsing one frame may need for what it makes up: a largest frame, inflated and raw. */
const HEADROOM = 1 << 20;

/**
 * The way of a line from the spool's records to the rows of a batch. A record may end in a later batch than it
 * began in: what is left of its payload then moves to the beginning of the arena.
 */
export class Ingest {
  readonly batch: MessageBatch;
  /** The last message taken in, whether it became a row or was skipped. */
  last: { receivedAt: number; sequence: number } | undefined;
  readonly #reader: SpoolReader;
  #parser: Parser;
  readonly #usual: UsualReader;
  readonly #held: Held;
  /** Frames of the reader's record that are rows already, and how far its payload has moved since it was read. */
  #done = 0;
  #moved = 0;
  /** From there up to here no frame was cut. */
  #plain = 0;
  #sources = new Map<number, number>();

  /**
   * @param batch one of `MessageBatch.inMemory`
   * @param held what the store holds already, and is left out
   */
  constructor(batch: MessageBatch, reader: SpoolReader, parser: Parser, held: Held) {
    this.batch = batch;
    this.#reader = reader;
    this.#parser = parser;
    this.#usual = new UsualReader(batch);
    this.#held = held;
  }

  /** From the next frame on, this one reads. */
  parseWith(parser: Parser): void {
    this.#parser = parser;
  }

  /** Adds rows until the batch is full (true) or the spool has no more for now (false). */
  fill(): boolean {
    const { batch } = this;
    const { record } = this.#reader;
    for (;;) {
      while (this.#done < record.count) {
        if (batch.count === batch.capacity || batch.used > batch.arena.length - HEADROOM) return true;
        this.#takeFrames();
      }
      const bytes = this.#reader.next(batch.arena, batch.used);
      if (bytes < 0) return true;
      if (bytes === 0) return false;
      batch.used += bytes;
      this.#done = 0;
      this.#moved = 0;
      this.#plain = -1;
      this.#layOut();
    }
  }

  /** Empties the batch for the next rows, once the store has the last ones. */
  next(): void {
    const { batch } = this;
    const { record } = this.#reader;
    batch.clear();
    this.#sources.clear();
    if (this.#done >= record.count) return;
    const last = record.count - 1;
    const from = record.offset[this.#done]! - this.#moved;
    const end = record.offset[last]! + record.length[last]! - this.#moved;
    batch.arena.copyWithin(0, from, end);
    batch.used = end - from;
    this.#moved += from;
    this.#layOut();
  }

  /** Tells the quick reader where the frames left of the record lie. */
  #layOut(): void {
    const { starts, sizes, sources } = this.#usual;
    const { record } = this.#reader;
    sizes.set(record.length.subarray(0, record.count));
    for (let index = this.#done; index < record.count; index++) starts[index] = record.offset[index]! - this.#moved;
    let [known, source] = [-1, 0];
    for (let index = this.#done; index < record.count; index++) {
      if (record.source[index] !== known) {
        known = record.source[index]!;
        source = this.#source(known);
      }
      sources[index] = source;
    }
  }

  /** Takes the next frame, and those behind it as long as they are of the usual kind. */
  #takeFrames(): void {
    const { record } = this.#reader;
    const sequence = record.firstSequence + this.#done;
    if (this.#held.mayGoOn(sequence) || !this.#takeUsual(record, sequence)) this.#takeFrame(this.#done++);
    this.last = { receivedAt: record.receivedAt, sequence: record.firstSequence + this.#done - 1 };
  }

  #takeUsual({ flags, count, receivedAt }: SpoolRecord, sequence: number): boolean {
    const { batch } = this;
    if (this.#plain < this.#done) {
      this.#plain = this.#done;
      while (this.#plain < count && flags[this.#plain] === 0) this.#plain++;
    }
    const end = Math.min(this.#plain, this.#done + batch.capacity - batch.count);
    const taken = this.#usual.read(this.#done, end, receivedAt, sequence);
    this.#done += taken;
    return taken > 0;
  }

  #takeFrame(index: number): void {
    const { batch } = this;
    const { record } = this.#reader;
    const { starts, sizes, sources } = this.#usual;
    const sequence = record.firstSequence + index;
    if (this.#held.has(sequence)) return;
    const row = batch.begin(record.receivedAt, sequence, sources[index]!);
    const flags = record.flags[index]!;
    if (flags !== 0) {
      batch.flags[row] = (flags & FRAME.truncated ? TRUNCATED : 0) | (flags & FRAME.partial ? PARTIAL : 0);
      batch.originalLength[row] = record.original[index]!;
    }
    this.#parser.parse(batch, row, starts[index]!, starts[index]! + sizes[index]!);
  }

  #source(index: number): number {
    let source = this.#sources.get(index);
    if (source === undefined) {
      source = this.batch.sources.push(this.#reader.sources[index]!) - 1;
      this.#sources.set(index, source);
    }
    return source;
  }
}

/** What the settings say about reading lines. */
export function parserFor(settings: Settings): Parser {
  const listeners = settings.listen.flatMap(({ name, zone }) => (zone ? [[name, zone]] : []));
  const otherwise = settings.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zoneOf = zonePicker({ networks: settings.zones, listeners: Object.fromEntries(listeners), otherwise });
  const whole = new Set(settings.listen.filter(({ inflate }) => !inflate).map(({ name }) => name));
  return createParser({ zoneOf, inflates: ({ listener }) => !whole.has(listener) });
}

/** What the store holds of the spool's messages, asked in the order of their sequences, each once. */
export type Held = {
  has(sequence: number): boolean;
  /** False once none from this sequence on is held. */
  mayGoOn(sequence: number): boolean;
};

/** What an earlier run has stored: everything up to its *safe*, and what the store holds beyond. */
export function heldBy(safe: number, beyond: HeldSequences): Held {
  let left = beyond.size;
  return {
    has(sequence) {
      if (sequence <= safe) return true;
      if (left === 0 || !beyond.has(sequence)) return false;
      left--;
      return true;
    },
    mayGoOn: (sequence) => sequence <= safe || left > 0,
  };
}
