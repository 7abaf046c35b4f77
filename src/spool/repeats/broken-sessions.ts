import { closeSync, openSync, readSync } from 'node:fs';
import type { Source } from '../../model/message.ts';
import type { SpoolRecord } from '../contract.ts';
import {
  emptyHeader,
  emptyRecord,
  RECORD_HEADER_BYTES,
  type RecordHeader,
  readIndex,
  readRecordHeader,
} from '../format/record.ts';
import { segmentPath } from '../format/segment.ts';
import { definitionsIn } from '../format/session-definitions.ts';
import type { BrokenSession } from './duplicate-detector.ts';
import { fingerprint } from './fingerprints.ts';
import { FAIR_FRAMES, KEPT_MS, MAX_BROKEN, MAX_FRAMES } from './limits.ts';

/**
 * Limits of what is read back, so that it delays a start by a second at most: frames, and bytes of
 * records.
 */
const MAX_FRAMES_READ = 1 << 20;
const MAX_BYTES_READ = 256 << 20;
/** The transport whose senders wait for acknowledgements and repeat unacknowledged messages. */
const ACKNOWLEDGED = 'relp';

/** Where a record lies, and how many frames it has. */
type RecordLocation = {
  readonly segment: number;
  readonly offset: number;
  readonly bytes: number;
  readonly frames: number;
};

/** A session, and where its last records lie. */
class RecordedSession {
  readonly text: string;
  readonly source: Source;
  /** Arrival of the last record, ms. */
  lastAt = 0;
  #records: RecordLocation[] = [];
  /** The first record that counts; earlier ones are removed in bulk. */
  #first = 0;
  #frames = 0;

  constructor(text: string, source: Source) {
    this.text = text;
    this.source = source;
  }

  /** Adds a record, and forgets the oldest ones that are not needed for the last MAX_FRAMES frames. */
  add(record: RecordLocation): void {
    this.#records.push(record);
    this.#frames += record.frames;
    for (let oldest = this.#records[this.#first]!; this.#frames - oldest.frames >= MAX_FRAMES; ) {
      this.#frames -= oldest.frames;
      oldest = this.#records[++this.#first]!;
    }
    if (this.#first < this.#records.length / 2) return;
    this.#records = this.#records.slice(this.#first);
    this.#first = 0;
  }

  get frames(): number {
    return this.#frames;
  }

  /** The records of the last FAIR_FRAMES frames, and those before them. */
  get records(): { readonly recent: readonly RecordLocation[]; readonly older: readonly RecordLocation[] } {
    const all = this.#records.slice(this.#first);
    let from = all.length;
    for (let frames = 0; from > 0 && frames < FAIR_FRAMES; ) frames += all[--from]!.frames;
    return { recent: all.slice(from), older: all.slice(0, from) };
  }
}

/**
 * Finds sessions of acknowledged senders that did not end cleanly, while the spool is recovered,
 * and reads their last frames: their senders may repeat them.
 */
export class BrokenSessionFinder {
  /** The sessions of the current segment, by number. */
  readonly #current = new Map<number, RecordedSession>();
  /** Sessions whose number was given to another session. */
  readonly #broken = new Set<RecordedSession>();

  /** Reads the payload of a record of definitions. */
  define(payload: string): void {
    for (const { session: number, text, source } of definitionsIn(payload)) {
      const known = this.#current.get(number);
      if (known?.text === text) continue;
      this.#current.delete(number);
      if (source === undefined) continue;
      if (known) this.#break(known);
      if (source.transport === ACKNOWLEDGED) this.#current.set(number, new RecordedSession(text, source));
    }
  }

  #break(session: RecordedSession): void {
    this.#broken.add(session);
    if (this.#broken.size <= MAX_BROKEN) return;
    for (const first of this.#broken) {
      this.#broken.delete(first);
      return;
    }
  }

  /** Adds a record of frames that ends at `end` in its segment. */
  add(header: RecordHeader, segment: number, end: number): void {
    const session = this.#current.get(header.session);
    if (!session) return;
    session.lastAt = header.receivedAt;
    session.add({ segment, offset: end - header.total, bytes: header.total, frames: header.count });
  }

  /**
   * The sessions that may still be repeated, with their last frames; the one with the oldest last
   * record comes first.
   */
  readBack(folder: string): BrokenSession[] {
    const all = [...this.#broken, ...this.#current.values()];
    const newest = all.filter(({ frames }) => frames > 0).sort((a, b) => b.lastAt - a.lastAt);
    const horizon = (newest[0]?.lastAt ?? 0) - KEPT_MS;
    const fitting = newest.filter(({ lastAt }) => lastAt >= horizon);
    using reader = new RecordReader(folder);
    // First the last frames of all sessions: those before them must not displace them.
    const recent = fitting.map(({ records }) => (reader.isDone ? undefined : reader.fingerprints(records.recent)));
    const found = fitting.flatMap(({ source, records }, index): BrokenSession[] => {
      const last = recent[index];
      if (!last) return [];
      const fingerprints = reader.isDone ? last : [...reader.fingerprints(records.older), ...last];
      return [{ source, fingerprints: Float64Array.from(fingerprints) }];
    });
    return found.reverse();
  }
}

/** Reads records that are known to be whole. */
class RecordReader implements Disposable {
  readonly #folder: string;
  /** Open segments → file descriptors. */
  readonly #files = new Map<number, number>();
  readonly #header = emptyHeader();
  readonly #record: SpoolRecord = emptyRecord();
  #bytes = 0;
  #frames = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Whether as much was read as a start has time for. */
  get isDone(): boolean {
    return this.#frames > MAX_FRAMES_READ || this.#bytes > MAX_BYTES_READ;
  }

  fingerprints(records: readonly RecordLocation[]): number[] {
    const all: number[] = [];
    for (const record of records) {
      const bytes = this.#read(record);
      const payload = record.bytes - this.#header.payload;
      if (!readIndex(bytes, RECORD_HEADER_BYTES, this.#header, { record: this.#record, arenaAt: payload })) continue;
      for (let i = 0; i < record.frames; i++) {
        const at = this.#record.offset[i]!;
        all.push(fingerprint(bytes.subarray(at, at + this.#record.length[i]!)));
      }
    }
    this.#frames += all.length;
    return all;
  }

  [Symbol.dispose](): void {
    for (const fd of this.#files.values()) closeSync(fd);
  }

  #read({ segment, offset, bytes: length }: RecordLocation): Buffer {
    const fd = this.#files.get(segment) ?? openSync(segmentPath(this.#folder, segment), 'r');
    this.#files.set(segment, fd);
    const bytes = Buffer.allocUnsafe(length);
    readSync(fd, bytes, 0, length, offset);
    readRecordHeader(bytes, 0, this.#header);
    this.#bytes += length;
    return bytes;
  }
}
