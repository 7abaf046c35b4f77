import { closeSync, fdatasync } from 'node:fs';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { promisify } from 'node:util';
import { headerOf, type OpenSegment, openSegment } from '../format/folder.ts';
import { RECORD_KIND } from '../format/record.ts';
import type { BrokenSession } from '../repeats/duplicate-detector.ts';
import { SEGMENT_SEQUENCES, type SegmentSpan } from '../format/segment.ts';
import { BrokenSessionFinder } from '../repeats/broken-sessions.ts';
import { SegmentScanner } from '../format/segment-scanner.ts';

const sync = promisify(fdatasync);

/** What recovery has found, for the log. */
export type RecoveryReport = {
  readonly segments: number;
  readonly records: number;
  /** Unreadable stretches inside the spool, with whole records after them. */
  readonly damagedPlaces: number;
  readonly damagedBytes: number;
  /** Bytes after the last whole record: a torn write, or damage at the very end. */
  readonly cutBytes: number;
  /** Sequence of the last message; 0 if there is none. */
  readonly lastSequence: number;
  /** The latest arrival, ms; 0 if there is none. */
  readonly lastReceivedAt: number;
};

export type Recovery = {
  readonly report: RecoveryReport;
  readonly spans: readonly SegmentSpan[];
  /** The first sequence that was certainly never used. */
  readonly nextSequence: number;
  /** Where the valid part of the last segment ends. */
  readonly end: number;
  /** The latest time that the arrival clock showed, ms. */
  readonly arrival: number;
  /** Sessions of acknowledged senders that did not end cleanly. */
  readonly broken: readonly BrokenSession[];
};

/** Reads and verifies all records, and fsyncs their segments. */
export async function recover(folder: string, segments: readonly number[]): Promise<Recovery> {
  const scan = new Scan();
  for (const [index, segment] of segments.entries()) {
    const open = openSegment(folder, segment);
    try {
      const following = segments[index + 1] === segment + 1 ? headerOf(folder, segment + 1) : undefined;
      await scan.read(open, following?.previousEnd ?? open.bytes, index === segments.length - 1);
      await sync(open.fd);
    } finally {
      closeSync(open.fd);
    }
  }
  return { ...scan.result(), broken: scan.brokenSessions.readBack(folder) };
}

class Scan {
  readonly brokenSessions = new BrokenSessionFinder();
  readonly #spans: SegmentSpan[] = [];
  #records = 0;
  #damagedPlaces = 0;
  #damagedBytes = 0;
  #cutBytes = 0;
  #lastSequence = 0;
  #lastReceivedAt = 0;
  #arrival = 0;
  #end = 0;
  /** The last segment numbers its messages from here or from an earlier sequence. */
  #base = 1;
  /** The next sequence, if the last record says that the spool was closed cleanly. */
  #cleanNext: number | undefined;

  async read(open: OpenSegment, limit: number, isLast: boolean): Promise<void> {
    const { header } = open;
    const first = header?.firstSequence ?? this.#base + SEGMENT_SEQUENCES;
    this.#base = Math.max(this.#base, first);
    this.#arrival = Math.max(this.#arrival, header?.arrival ?? 0);
    if (!header && open.bytes > 0 && !isLast) this.#damage(1, Math.min(limit, 64));
    const scanner = new SegmentScanner(open.fd, open.keys, true);
    let last = first - 1;
    let stripe = 0;
    while (scanner.find(limit)) {
      last = this.#record(scanner, open.segment, last);
      if (scanner.end >> 20 === stripe) continue;
      stripe = scanner.end >> 20;
      await yieldToOthers();
    }
    if (isLast) this.#cutBytes = scanner.pendingBytes + (header ? 0 : Math.min(open.bytes, 64));
    else scanner.countPending();
    this.#damage(scanner.damagedPlaces, scanner.damagedBytes);
    if (this.#cutBytes > 0) this.#cleanNext = undefined;
    this.#end = scanner.end;
    this.#spans.push({ segment: open.segment, first, last, bytes: open.bytes });
  }

  #record(scanner: SegmentScanner, segment: number, last: number): number {
    const { kind, count, firstSequence, receivedAt } = scanner.header;
    scanner.pass();
    this.#base = Math.max(this.#base, firstSequence);
    this.#arrival = Math.max(this.#arrival, receivedAt);
    this.#cleanNext = kind === RECORD_KIND.end ? firstSequence : undefined;
    if (kind === RECORD_KIND.sessions) this.brokenSessions.define(scanner.payload());
    if (kind !== RECORD_KIND.frames) return last;
    this.brokenSessions.add(scanner.header, segment, scanner.end);
    this.#records++;
    this.#lastSequence = Math.max(this.#lastSequence, firstSequence + count - 1);
    this.#lastReceivedAt = Math.max(this.#lastReceivedAt, receivedAt);
    return firstSequence + count - 1;
  }

  #damage(places: number, bytes: number): void {
    this.#damagedPlaces += places;
    this.#damagedBytes += bytes;
  }

  /**
   * The last record of a spool that was closed cleanly has the next sequence. Otherwise more
   * sequences may have been used than can be read. A segment holds fewer than SEGMENT_SEQUENCES
   * messages, so as many sequences are skipped.
   */
  result(): Omit<Recovery, 'broken'> {
    const report = {
      segments: this.#spans.length,
      records: this.#records,
      damagedPlaces: this.#damagedPlaces,
      damagedBytes: this.#damagedBytes,
      cutBytes: this.#cutBytes,
      lastSequence: this.#lastSequence,
      lastReceivedAt: this.#lastReceivedAt,
    };
    const beyond = this.#spans.length === 0 ? 1 : this.#base + SEGMENT_SEQUENCES;
    const nextSequence = this.#cleanNext ?? Math.max(beyond, this.#lastSequence + 1);
    return { report, spans: this.#spans, nextSequence, end: this.#end, arrival: this.#arrival };
  }
}
