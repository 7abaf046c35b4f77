import { closeSync, openSync, readSync } from 'node:fs';
import type { Source } from '../../model/message.ts';
import type { SpoolRecord } from '../contract.ts';
import { fingerprint } from './fingerprints.ts';
import { MOST } from './session-history.ts';
import {
  emptyHeader,
  emptyRecord,
  RECORD_HEADER_BYTES,
  type RecordHeader,
  readIndex,
  readRecordHeader,
} from '../format/record.ts';
import type { BrokenSession } from './duplicate-detector.ts';
import { segmentPath } from '../format/segment.ts';
import { definitionsIn } from '../read/session-sources.ts';

/** Sessions that went on or broke earlier than this before the last record are not asked for any more, ms. */
const KEPT_MS = 35 * 60_000;
/** What is read back at most, so that a start takes a second for it and no more: frames, and bytes of records. */
const MOST_FRAMES = 1 << 20;
const MOST_BYTES = 256 << 20;
/** Sessions that broke, noted at once; the first to break is forgotten first. */
const MOST_BROKEN = 16_384;
/** The transport whose senders wait for acknowledgements, and send again what they have none for. */
const ACKNOWLEDGED = 'relp';

/** Where a record lies, and how many frames it has. */
type Place = { readonly segment: number; readonly offset: number; readonly bytes: number; readonly frames: number };

class Session {
  readonly text: string;
  readonly source: Source;
  /** Of its last records, from `#first` on. */
  places: Place[] = [];
  lastAt = 0;
  #first = 0;
  #frames = 0;

  constructor(text: string, source: Source) {
    this.text = text;
    this.source = source;
  }

  add(place: Place): void {
    this.places.push(place);
    this.#frames += place.frames;
    for (let oldest = this.places[this.#first]!; this.#frames - oldest.frames >= MOST; ) {
      this.#frames -= oldest.frames;
      oldest = this.places[++this.#first]!;
    }
    if (this.#first < this.places.length / 2) return;
    this.places = this.places.slice(this.#first);
    this.#first = 0;
  }

  get frames(): number {
    return this.#frames;
  }

  get last(): readonly Place[] {
    return this.places.slice(this.#first);
  }
}

/**
 * Finds, while the spool is recovered, the sessions of acknowledged senders that did not end in order, and reads their
 * last frames back: what their senders may send again.
 */
export class BrokenSessionFinder {
  /** By the numbers that they have in the segment at hand. */
  readonly #current = new Map<number, Session>();
  /** Sessions whose number was given to another. */
  readonly #broken = new Set<Session>();

  /** Takes in the payload of a record of definitions. */
  define(payload: string): void {
    for (const { session: number, text, source } of definitionsIn(payload)) {
      const known = this.#current.get(number);
      if (known?.text === text) continue;
      this.#current.delete(number);
      if (source === undefined) continue;
      if (known) this.#break(known);
      if (source.transport === ACKNOWLEDGED) this.#current.set(number, new Session(text, source));
    }
  }

  #break(session: Session): void {
    this.#broken.add(session);
    if (this.#broken.size <= MOST_BROKEN) return;
    for (const first of this.#broken) {
      this.#broken.delete(first);
      return;
    }
  }

  /** Notes a record of frames that ends at `end` in its segment. */
  note(header: RecordHeader, segment: number, end: number): void {
    const session = this.#current.get(header.session);
    if (!session) return;
    session.lastAt = header.receivedAt;
    session.add({ segment, offset: end - header.total, bytes: header.total, frames: header.count });
  }

  /** The sessions with their last frames, those that were heard first coming first. */
  readBack(folder: string): BrokenSession[] {
    const all = [...this.#broken, ...this.#current.values()];
    const newest = all.filter(({ frames }) => frames > 0).sort((a, b) => b.lastAt - a.lastAt);
    const horizon = (newest[0]?.lastAt ?? 0) - KEPT_MS;
    const found: BrokenSession[] = [];
    using reader = new RecordReader(folder);
    let frames = 0;
    for (const session of newest) {
      if (session.lastAt < horizon || frames > MOST_FRAMES || reader.bytes > MOST_BYTES) break;
      found.push({ source: session.source, frames: reader.fingerprints(session.last) });
      frames += session.frames;
    }
    return found.reverse();
  }
}

/** Reads records that are known to be whole, wherever they lie. */
class RecordReader implements Disposable {
  readonly #folder: string;
  readonly #files = new Map<number, number>();
  readonly #header = emptyHeader();
  readonly #record: SpoolRecord = emptyRecord();
  /** Read so far. */
  bytes = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  fingerprints(places: readonly Place[]): Float64Array {
    const all: number[] = [];
    for (const place of places) {
      const bytes = this.#read(place);
      const payload = place.bytes - this.#header.payload;
      if (!readIndex(bytes, RECORD_HEADER_BYTES, this.#header, { record: this.#record, arenaAt: payload })) continue;
      for (let i = 0; i < place.frames; i++) {
        const at = this.#record.offset[i]!;
        all.push(fingerprint(bytes.subarray(at, at + this.#record.length[i]!)));
      }
    }
    return Float64Array.from(all);
  }

  [Symbol.dispose](): void {
    for (const fd of this.#files.values()) closeSync(fd);
  }

  #read({ segment, offset, bytes: length }: Place): Buffer {
    const fd = this.#files.get(segment) ?? openSync(segmentPath(this.#folder, segment), 'r');
    this.#files.set(segment, fd);
    const bytes = Buffer.allocUnsafe(length);
    readSync(fd, bytes, 0, length, offset);
    readRecordHeader(bytes, 0, this.#header);
    this.bytes += length;
    return bytes;
  }
}
