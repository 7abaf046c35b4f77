import { FRAME_FLAG } from '../base/frame-list.ts';
import type { Accounting } from '../account/index.ts';
import type { Settings } from '../config/index.ts';
import { DISPOSITION, type MessageBatch } from '../model/batch.ts';
import { flagBit, type Source } from '../model/message.ts';
import { createParser, FastPath, type Parser } from '../parse/index.ts';
import type { SpoolReader, SpoolRecord } from '../spool/contract.ts';
import { SEGMENT_SEQUENCES } from '../spool/index.ts';
import type { StoredSequences } from '../store/contract.ts';
import { stampZoneOf } from './stamp-zones.ts';

const TRUNCATED = flagBit('truncated');
const PARTIAL = flagBit('partial');
const DUPLICATE = flagBit('possible_duplicate');
/** Room in the arena that parsing one frame may need for what it makes up: a largest frame, inflated and raw. */
const HEADROOM = 1 << 20;

/** Told of what is read from the spool, before and beside its becoming rows. */
export type IngestAccount = Pick<Accounting, 'read' | 'missing' | 'alreadyStored' | 'dropped'>;

export type IngestParts = {
  /** One of `MessageBatch.inMemory`. */
  readonly batch: MessageBatch;
  readonly reader: SpoolReader;
  readonly parser: Parser;
  readonly earlier: EarlierRun;
  readonly account: IngestAccount;
};

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
  readonly #usual: FastPath;
  readonly #earlier: EarlierRun;
  readonly #account: IngestAccount;
  /** Frames of the reader's record that are rows already, and how far its payload has moved since it was read. */
  #done = 0;
  #moved = 0;
  /** From there up to here no frame was cut. */
  #plain = 0;
  #sources = new Map<number, number>();
  /** Frames of one listener and record that the account is not told of yet, and the source of the last of them. */
  #run = { listener: '', receivedAt: 0, sequence: 0, count: 0, source: -1 };

  #headroom = HEADROOM;

  constructor({ batch, reader, parser, earlier, account }: IngestParts) {
    this.batch = batch;
    this.#reader = reader;
    this.#parser = parser;
    this.#usual = new FastPath(batch);
    this.#earlier = earlier;
    this.#account = account;
  }

  /** From the next frame on, this one reads. */
  parseWith(parser: Parser): void {
    this.#parser = parser;
  }

  /** From now on leaves so many bytes of the arena to who changes texts. */
  reserve(bytes: number): void {
    this.#headroom = HEADROOM + bytes;
  }

  /** Adds rows until the batch is full (true) or the spool has no more for now (false). */
  fill(): boolean {
    const full = this.#fill();
    this.#endRun();
    return full;
  }

  #fill(): boolean {
    const { batch } = this;
    const { record } = this.#reader;
    for (;;) {
      while (this.#done < record.count) {
        if (batch.count === batch.capacity || batch.used > batch.arena.length - this.#headroom) return true;
        this.#takeFrames();
      }
      const bytes = this.#reader.next(batch.arena, batch.used);
      if (bytes < 0) return true;
      if (bytes === 0) return false;
      this.#endRun();
      this.#checkNumbers();
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

  /** Numbers that are missing were given to messages that cannot be read; after a crash, some 2^26 are left out. */
  #checkNumbers(): void {
    const { firstSequence, receivedAt } = this.#reader.record;
    const before = this.last?.sequence ?? this.#earlier.safeUpTo;
    const missing = firstSequence - before - 1;
    if (before === 0 || missing <= 0 || missing >= SEGMENT_SEQUENCES / 2) return;
    let alreadyStored = 0;
    for (let sequence = before + 1; this.#earlier.mayCover(sequence) && sequence < firstSequence; sequence++) {
      if (this.#earlier.isStored(sequence)) alreadyStored++;
    }
    this.#account.missing({
      from: this.last?.receivedAt ?? receivedAt,
      to: receivedAt,
      count: missing - alreadyStored,
      alreadyStored,
    });
  }

  /** Takes the next frame, and those behind it as long as they are of the usual kind. */
  #takeFrames(): void {
    const { record } = this.#reader;
    const from = this.#done;
    const sequence = record.firstSequence + from;
    if (this.#earlier.mayCover(sequence) || !this.#takeUsual(record, sequence)) this.#takeFrame(this.#done++);
    if (sequence > this.#earlier.safeUpTo) this.#addToRun(from);
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
    if (sequence <= this.#earlier.safeUpTo) return;
    const row = batch.begin(record.receivedAt, sequence, sources[index]!);
    const flags = record.flags[index]!;
    if (flags !== 0) {
      batch.flags[row] =
        (flags & FRAME_FLAG.truncated ? TRUNCATED : 0) |
        (flags & FRAME_FLAG.partial ? PARTIAL : 0) |
        (flags & FRAME_FLAG.possibleDuplicate ? DUPLICATE : 0);
      batch.originalLength[row] = record.original[index]!;
    }
    this.#parser.parse(batch, row, starts[index]!, starts[index]! + sizes[index]!);
    if (this.#earlier.isStored(sequence)) {
      this.#account.alreadyStored(batch, row);
      // It passes the pipeline once more, which may remember it, but is not stored again.
      batch.drop(row, DISPOSITION.alreadyStored);
    }
  }

  /** Adds the frames since `from`. */
  #addToRun(from: number): void {
    const { record, sources } = this.#reader;
    const run = this.#run;
    for (let index = from; index < this.#done; index++) {
      const source = record.source[index]!;
      if (source !== run.source) {
        run.source = source;
        const { listener } = sources[source]!;
        if (listener !== run.listener) this.#endRun();
        if (run.count === 0) run.sequence = record.firstSequence + index;
        run.receivedAt = record.receivedAt;
        run.listener = listener;
      }
      run.count++;
    }
  }

  #endRun(): void {
    const { listener, receivedAt, sequence, count } = this.#run;
    if (count > 0) this.#account.read({ listener, receivedAt, sequence, count });
    this.#run.count = 0;
    this.#run.source = -1;
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

/** What the settings say about reading lines, and the zones that are set for hosts. */
export function parserFor(
  settings: Settings,
  hostZones: ReadonlyMap<string, string>,
  onNotInflated?: () => void,
): Parser {
  const whole = new Set(settings.listen.filter(({ inflate }) => !inflate).map(({ name }) => name));
  const inflates = ({ listener }: Source): boolean => !whole.has(listener);
  return createParser({ zoneOf: stampZoneOf(settings), hostZones, inflates, ...(onNotInflated && { onNotInflated }) });
}

/** What an earlier run has done of what the spool holds. */
export type EarlierRun = {
  /** The last sequence that it settled; 0 where it settled nothing. */
  readonly safeUpTo: number;
  /** Whether the store holds this one, beyond what is settled. Asked in the order of the sequences, once for each. */
  isStored(sequence: number): boolean;
  /** False once none from this sequence on is settled or held. */
  mayCover(sequence: number): boolean;
};

/** What an earlier run has stored: everything up to its *safe*, and what the store holds beyond. */
export function earlierRun(settled: number, beyond: StoredSequences): EarlierRun {
  let left = beyond.size;
  return {
    safeUpTo: settled,
    isStored(sequence) {
      if (left === 0 || !beyond.has(sequence)) return false;
      left--;
      return true;
    },
    mayCover: (sequence) => sequence <= settled || left > 0,
  };
}
