import { MAX_RECORD_FRAMES } from '../base/frame-list.ts';
import { releaseMemory } from '../base/memory.ts';
import { encodeId } from './id.ts';
import type { LogMessage, Peer } from './message.ts';
import { messageOf, NOT_SENT } from './row-message.ts';
import { Allotment, aligned, createMemory, type WasmMemory } from '../base/wasm/wasm.ts';

export { NOT_SENT };

/** The spans of a row: pieces of text as they lie in the arena. */
export const SPAN = { hostname: 0, appname: 1, procid: 2, msgid: 3, structuredData: 4, message: 5, raw: 6, fields: 7 };
export const SPANS = 8;

/** The length of an absent span. */
export const ABSENT = -1;

/** A column with one value for each row. */
type Column = Float64Array | Uint8Array | Uint16Array | Int16Array | Uint32Array;

/**
 * `disposition` of a row: to be stored, already stored, or, from `dropped` on, dropped by the stage
 * of that index.
 */
export const DISPOSITION = { stored: 0, alreadyStored: 1, dropped: 2 } as const;

/**
 * Bytes at the start of a batch's WebAssembly memory that are free for the code that fills the
 * batch.
 */
const HEAD_BYTES = 0x10000;
/** Bytes after the arena that loads and stores of 16 bytes may touch. */
const SLACK = 64;
/** Bytes of one row in all columns. */
const ROW_BYTES = 3 * 8 + 3 * 4 + 4 * 2 + 3 + SPANS * 8;
const COLUMNS = 15;

/**
 * Up to `capacity` messages as columns over one arena of bytes. Parsing fills it and stores read
 * it, without an object or a string for each message, which would cost more than parsing. Rows are
 * in the order of arrival. One owner fills a batch; then it is only read, until `clear()`.
 */
export class MessageBatch {
  readonly capacity: number;
  /** The bytes of all spans: frames as received, and texts that `put` has added. */
  readonly arena: Buffer;
  /** Bytes of the arena in use. */
  used = 0;
  count = 0;
  /** How often the batch was cleared: what others remember about its bytes holds for one filling. */
  fillings = 0;
  /** The node of all rows, see `id.ts`. */
  node = 0;
  /** ms since 1970, whole. */
  readonly receivedAt: Float64Array;
  readonly sequence: Float64Array;
  /** facility * 8 + severity, 0–191. */
  readonly priority: Uint8Array;
  /** Index into `FORMATS`. */
  readonly format: Uint8Array;
  /** RFC 5424 VERSION; 0 if the message has none. */
  readonly version: Uint16Array;
  /** A bit for each of `FLAGS`. */
  readonly flags: Uint32Array;
  /** ms since 1970, whole. */
  readonly timestamp: Float64Array;
  readonly timestampUs: Int16Array;
  readonly timestampOffset: Int16Array;
  /** The full length in bytes of a frame that was cut, else 0. */
  readonly originalLength: Uint32Array;
  /** Index into `sources`. */
  readonly source: Uint32Array;
  /** Index into `streams`. */
  readonly stream: Uint16Array;
  /** A value of DISPOSITION, or `dropped` plus the index of a stage; `drop` sets it. */
  readonly disposition: Uint8Array;
  /** The number of rows whose `disposition` is not `stored`. */
  dropped = 0;
  /** Span s of row r has the index r * SPANS + s in both. */
  readonly offsets: Uint32Array;
  readonly lengths: Int32Array;
  readonly sources: Peer[] = [];
  /**
   * By the index of a source: the listener here that received its messages, if the source names
   * another one because a relay passed them on.
   */
  readonly receivedBy: (string | undefined)[] = [];
  readonly streams: string[] = ['default'];

  /** The WebAssembly memory of the batch, if it has one: the address of a column is its `byteOffset`. */
  readonly memory: WasmMemory | undefined;

  /**
   * @param arenaBytes bytes of text that fit into the batch; a full arena ends the batch early
   * @param memory the memory for columns and arena, see `inMemory`
   */
  constructor(capacity = MAX_RECORD_FRAMES, arenaBytes = 4 << 20, memory?: WasmMemory) {
    this.capacity = capacity;
    this.memory = memory;
    const columns = new Allotment(
      memory?.buffer ?? new ArrayBuffer(columnBytes(capacity)),
      memory === undefined ? 0 : HEAD_BYTES,
    );
    this.receivedAt = columns.take(Float64Array, capacity);
    this.sequence = columns.take(Float64Array, capacity);
    this.priority = columns.take(Uint8Array, capacity);
    this.format = columns.take(Uint8Array, capacity);
    this.version = columns.take(Uint16Array, capacity);
    this.flags = columns.take(Uint32Array, capacity);
    this.timestamp = columns.take(Float64Array, capacity);
    this.timestampUs = columns.take(Int16Array, capacity);
    this.timestampOffset = columns.take(Int16Array, capacity);
    this.originalLength = columns.take(Uint32Array, capacity);
    this.source = columns.take(Uint32Array, capacity);
    this.stream = columns.take(Uint16Array, capacity);
    this.disposition = columns.take(Uint8Array, capacity);
    this.offsets = columns.take(Uint32Array, capacity * SPANS);
    this.lengths = columns.take(Int32Array, capacity * SPANS);
    this.arena = memory
      ? Buffer.from(memory.buffer, HEAD_BYTES + columnBytes(capacity), arenaBytes)
      : Buffer.allocUnsafeSlow(arenaBytes);
  }

  /** A batch in one WebAssembly memory, which is faster to fill and to store. */
  static inMemory(capacity = MAX_RECORD_FRAMES, arenaBytes = 4 << 20): MessageBatch {
    const bytes = HEAD_BYTES + columnBytes(capacity) + arenaBytes + SLACK;
    return new MessageBatch(capacity, arenaBytes, createMemory(bytes));
  }

  /**
   * Frees the memory of a batch outside WebAssembly, which must not be used any more. V8's collector alone would let
   * hundreds of megabytes of batches pile up.
   */
  release(): void {
    if (this.memory) return;
    releaseMemory(this.arena);
    releaseMemory(new Uint8Array(this.receivedAt.buffer));
  }

  clear(): void {
    this.fillings++;
    this.used = 0;
    if (this.dropped > 0) this.disposition.fill(0, 0, this.count);
    this.dropped = 0;
    this.count = 0;
    this.sources.length = 0;
    this.receivedBy.length = 0;
    this.streams.length = 1;
  }

  /** Adds a row with default values and returns its number. The batch must have room for it. */
  begin(receivedAt: number, sequence: number, source: number): number {
    const row = this.count++;
    this.receivedAt[row] = receivedAt;
    this.sequence[row] = sequence;
    this.source[row] = source;
    this.stream[row] = 0;
    this.priority[row] = 13;
    this.format[row] = 0;
    this.version[row] = 0;
    this.flags[row] = 0;
    this.timestamp[row] = receivedAt;
    this.timestampUs[row] = NOT_SENT;
    this.timestampOffset[row] = NOT_SENT;
    this.originalLength[row] = 0;
    const first = row * SPANS;
    for (let span = first; span < first + SPANS; span++) this.lengths[span] = ABSENT;
    return row;
  }

  /**
   * Marks a row that will not be stored; `compact` removes it. @param disposition the reason, see
   * DISPOSITION
   */
  drop(row: number, disposition: number): void {
    if (this.disposition[row] === DISPOSITION.stored) this.dropped++;
    this.disposition[row] = disposition;
  }

  /** Removes the rows that will not be stored. The others keep their order, ids and texts. */
  compact(): void {
    if (this.dropped === 0) return;
    const { disposition, count } = this;
    let to = 0;
    for (let row = 0; row < count; ) {
      const from = row;
      while (row < count && disposition[row] === DISPOSITION.stored) row++;
      if (to < from) this.#move(from, row, to);
      to += row - from;
      while (row < count && disposition[row] !== DISPOSITION.stored) row++;
    }
    disposition.fill(DISPOSITION.stored, 0, count);
    this.dropped = 0;
    this.count = to;
  }

  /** Moves the rows from `from` to below `end` to the row `to`, which is lower. */
  #move(from: number, end: number, to: number): void {
    for (const column of this.#columns) column.copyWithin(to, from, end);
    this.offsets.copyWithin(to * SPANS, from * SPANS, end * SPANS);
    this.lengths.copyWithin(to * SPANS, from * SPANS, end * SPANS);
  }

  /** All columns with one value for each row, except `disposition`. */
  get #columns(): readonly Column[] {
    const { receivedAt, sequence, priority, format, version, flags, timestamp } = this;
    const { timestampUs, timestampOffset, originalLength, source, stream } = this;
    return [
      receivedAt,
      sequence,
      priority,
      format,
      version,
      flags,
      timestamp,
      timestampUs,
      timestampOffset,
      originalLength,
      source,
      stream,
    ];
  }

  /** Sets a span to bytes that are in the arena already. */
  setSpan(row: number, span: number, offset: number, length: number): void {
    this.offsets[row * SPANS + span] = offset;
    this.lengths[row * SPANS + span] = length;
  }

  /**
   * Adds bytes that are not in the frame (the address of the peer, an inflated frame) to the arena.
   * @returns where they begin; ABSENT if the arena has no room for them
   */
  put(bytes: Uint8Array): number {
    if (this.used + bytes.length > this.arena.length) return ABSENT;
    const offset = this.used;
    this.arena.set(bytes, offset);
    this.used += bytes.length;
    return offset;
  }

  /** The text of a span; undefined if it is absent. Invalid UTF-8 becomes U+FFFD. */
  text(row: number, span: number): string | undefined {
    const index = row * SPANS + span;
    const length = this.lengths[index]!;
    if (length === ABSENT) return undefined;
    const offset = this.offsets[index]!;
    return this.arena.toString('utf8', offset, offset + length);
  }

  id(row: number): string {
    return encodeId(this.receivedAt[row]!, this.node, this.sequence[row]!);
  }

  /** The row as an object; too slow for hot paths. */
  message(row: number): LogMessage {
    return messageOf({
      receivedAt: this.receivedAt[row]!,
      node: this.node,
      sequence: this.sequence[row]!,
      timestamp: this.timestamp[row]!,
      timestampUs: this.timestampUs[row]!,
      timestampOffset: this.timestampOffset[row]!,
      priority: this.priority[row]!,
      version: this.version[row]!,
      format: this.format[row]!,
      flags: this.flags[row]!,
      originalLength: this.originalLength[row]!,
      hostname: this.text(row, SPAN.hostname),
      appname: this.text(row, SPAN.appname),
      procid: this.text(row, SPAN.procid),
      msgid: this.text(row, SPAN.msgid),
      structuredData: this.text(row, SPAN.structuredData),
      fields: this.text(row, SPAN.fields),
      message: this.text(row, SPAN.message) ?? '',
      source: this.sources[this.source[row]!]!,
      stream: this.streams[this.stream[row]!]!,
      raw: this.#raw(row),
    });
  }

  #raw(row: number): Uint8Array | undefined {
    const index = row * SPANS + SPAN.raw;
    const length = this.lengths[index]!;
    if (length === ABSENT) return undefined;
    const offset = this.offsets[index]!;
    return new Uint8Array(this.arena.subarray(offset, offset + length));
  }
}

/** Room for all columns, each at a multiple of 16 bytes. */
function columnBytes(capacity: number): number {
  return aligned(capacity * ROW_BYTES) + COLUMNS * aligned(1);
}
