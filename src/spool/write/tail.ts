import { type FrameList, MAX_RECORD_BYTES, MAX_RECORD_FRAMES } from '../../base/frame-list.ts';
import type { Entry } from '../contract.ts';
import type { Group } from './group.ts';
import {
  emptyHeader,
  CHECKED_FROM,
  CHECKSUM_AT,
  indexBytes,
  layoutOf,
  RECORD_HEADER_BYTES,
  RECORD_KIND,
  type RecordHeader,
  writeIndex,
  writeRecordHeader,
} from '../format/record.ts';
import {
  encodeSegmentHeader,
  placeOf,
  type RecordKeys,
  recordKeys,
  SEGMENT_HEADER_BYTES,
  STRIPE_BYTES,
} from '../format/segment.ts';
import type { SessionTable } from './session-table.ts';

export type TailStart = {
  readonly nonce: string;
  readonly segmentBytes: number;
  /** The last segment, which is not written to any more, and where its valid part ends. */
  readonly segment: number;
  readonly end: number;
  readonly nextSequence: number;
};

/** The end of the spool, where records get their place, sequences, definitions and checksum. */
export class Tail {
  segment: number;
  /** Where the next record begins in the segment. */
  offset: number;
  nextSequence: number;
  /** Whether this run of the server has started the segment: earlier ones are never written to again. */
  begun = false;
  readonly #nonce: string;
  readonly #segmentBytes: number;
  readonly #sessions: SessionTable;
  #keys: RecordKeys = { magic: 0, seed: 0 };
  readonly #header: RecordHeader = emptyHeader();

  constructor(start: TailStart, sessions: SessionTable) {
    this.#nonce = start.nonce;
    this.#segmentBytes = start.segmentBytes;
    this.#sessions = sessions;
    this.segment = start.segment;
    this.offset = start.end;
    this.nextSequence = start.nextSequence;
  }

  /**
   * @throws RangeError if the entry exceeds a limit or names a session that is not open; nothing
   * was written then
   */
  append(group: Group, entry: Entry, receivedAt: number): void {
    const { frames, parts } = entry;
    let payload = 0;
    for (const part of parts) payload += part.length;
    if (payload > MAX_RECORD_BYTES) throw new RangeError(`a record of ${payload} bytes exceeds ${MAX_RECORD_BYTES}`);
    if (frames.count > MAX_RECORD_FRAMES) throw new RangeError(`${frames.count} frames exceed ${MAX_RECORD_FRAMES}`);
    const layout = layoutOf(frames, payload);
    const total = RECORD_HEADER_BYTES + indexBytes(layout, frames.count) + payload;
    let definitions = this.#sessions.definitions(entry, this.segment);
    if (!this.#fits(definitions, total)) {
      this.rotate(group, receivedAt);
      definitions = this.#sessions.definitions(entry, this.segment);
    }
    this.#sessions.definitionsWritten();
    for (const text of definitions) this.#writeText(group, RECORD_KIND.sessions, text, receivedAt);
    this.#setHeader(RECORD_KIND.frames, total, payload, receivedAt);
    this.#header.session = frames.session ? 0 : entry.session;
    this.#header.count = frames.count;
    this.#header.layout = layout;
    this.#write(group, frames, parts);
    this.nextSequence += frames.count;
    group.messages += frames.count;
    group.sequence = this.nextSequence - 1;
    group.receivedAt = receivedAt;
    this.#extend(group, receivedAt);
  }

  /** Starts the next segment. */
  rotate(group: Group, arrival: number): void {
    const header = encodeSegmentHeader({
      nonce: this.#nonce,
      segment: this.segment + 1,
      firstSequence: this.nextSequence,
      arrival,
      previousEnd: this.offset,
    });
    this.segment++;
    this.offset = SEGMENT_HEADER_BYTES;
    this.begun = true;
    this.#keys = recordKeys(this.#nonce, this.segment);
    const at = group.piece(this.segment, 0, SEGMENT_HEADER_BYTES);
    header.copy(group.slab.bytes, at);
    this.#extend(group, arrival);
  }

  /** Writes the last record of a spool that is closed cleanly: it has the next sequence. */
  finish(group: Group, receivedAt: number): void {
    if (!this.#fits([], RECORD_HEADER_BYTES)) this.rotate(group, receivedAt);
    this.#writeText(group, RECORD_KIND.end, Buffer.alloc(0), receivedAt);
    this.#extend(group, receivedAt);
  }

  #fits(definitions: readonly Buffer[], total: number): boolean {
    if (!this.begun) return false;
    let end = this.offset;
    for (const text of definitions)
      end = placeIn(end, RECORD_HEADER_BYTES + text.length) + RECORD_HEADER_BYTES + text.length;
    return placeIn(end, total) + total <= this.#segmentBytes;
  }

  #setHeader(kind: number, total: number, payload: number, receivedAt: number): void {
    const header = this.#header;
    header.kind = kind;
    header.total = total;
    header.payload = payload;
    header.receivedAt = receivedAt;
    header.firstSequence = this.nextSequence;
    header.session = 0;
    header.count = 0;
    header.layout = 0;
  }

  #writeText(group: Group, kind: number, text: Buffer, receivedAt: number): void {
    this.#setHeader(kind, RECORD_HEADER_BYTES + text.length, text.length, receivedAt);
    this.#write(group, undefined, [text]);
  }

  /** Writes the record of `#header` after the last one. */
  #write(group: Group, frames: FrameList | undefined, parts: readonly Uint8Array[]): void {
    const header = this.#header;
    const { total, payload } = header;
    this.offset = placeIn(this.offset, total);
    const at = group.piece(this.segment, this.offset, total);
    const { slab } = group;
    const { bytes } = slab;
    writeRecordHeader(bytes, at, this.#keys.magic, header);
    if (frames) writeIndex(bytes, at + RECORD_HEADER_BYTES, header.layout, frames);
    copyParts(bytes, at + total - payload, parts);
    const sum = slab.sum(at + CHECKED_FROM, total - CHECKED_FROM, this.#keys.seed);
    bytes.writeUInt32LE(sum, at + CHECKSUM_AT);
    this.offset += total;
  }

  #extend(group: Group, receivedAt: number): void {
    group.firstReceivedAt ??= receivedAt;
    group.end = placeOf(this.segment, this.offset);
  }
}

/** Where a record of `bytes` begins, at or after `offset`: no record crosses a stripe. */
function placeIn(offset: number, bytes: number): number {
  const left = STRIPE_BYTES - (offset % STRIPE_BYTES);
  return bytes <= left ? offset : offset + left;
}

function copyParts(into: Buffer, at: number, parts: readonly Uint8Array[]): void {
  let next = at;
  for (const part of parts) {
    into.set(part, next);
    next += part.length;
  }
}
