import type { Settings } from '../config/index.ts';
import type { MessageBatch } from '../model/batch.ts';
import { flagBit } from '../model/message.ts';
import { createParser, type Parser, zonePicker } from '../parse/index.ts';
import { FRAME, type SpoolReader } from '../spool/contract.ts';
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
  readonly #skip: (sequence: number) => boolean;
  /** Frames of the reader's record that are rows already, and how far its payload has moved since it was read. */
  #done = 0;
  #moved = 0;
  #sources = new Map<number, number>();

  /** @param skip tells of a sequence whether the store holds it already */
  constructor(batch: MessageBatch, reader: SpoolReader, parser: Parser, skip: (sequence: number) => boolean) {
    this.batch = batch;
    this.#reader = reader;
    this.#parser = parser;
    this.#skip = skip;
  }

  /** From the next frame on, this one reads. */
  parseWith(parser: Parser): void {
    this.#parser = parser;
  }

  /** Adds rows until the batch is full (true) or the spool has no more for now (false). */
  fill(): boolean {
    const { batch } = this;
    const reader = this.#reader;
    for (;;) {
      while (this.#done < reader.record.count) {
        if (batch.count === batch.capacity || batch.used > batch.arena.length - HEADROOM) return true;
        this.#takeFrame(this.#done++);
      }
      const bytes = reader.next(batch.arena, batch.used);
      if (bytes < 0) return true;
      if (bytes === 0) return false;
      batch.used += bytes;
      this.#done = 0;
      this.#moved = 0;
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
  }

  #takeFrame(index: number): void {
    const { batch } = this;
    const { record } = this.#reader;
    const sequence = record.firstSequence + index;
    this.last = { receivedAt: record.receivedAt, sequence };
    if (this.#skip(sequence)) return;
    const row = batch.begin(record.receivedAt, sequence, this.#source(record.source[index]!));
    const flags = record.flags[index]!;
    if (flags !== 0) {
      batch.flags[row] = (flags & FRAME.truncated ? TRUNCATED : 0) | (flags & FRAME.partial ? PARTIAL : 0);
      batch.originalLength[row] = record.original[index]!;
    }
    const start = record.offset[index]! - this.#moved;
    this.#parser.parse(batch, row, start, start + record.length[index]!);
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

/** Skips what an earlier run has stored: everything up to its *safe*, and what the store holds beyond. */
export function unlessHeld(safe: number, held: HeldSequences): (sequence: number) => boolean {
  let left = held.size;
  return (sequence) => {
    if (sequence <= safe) return true;
    if (left === 0 || !held.has(sequence)) return false;
    left--;
    return true;
  };
}
