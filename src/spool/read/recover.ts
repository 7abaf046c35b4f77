import { closeSync, fdatasync } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import { promisify } from 'node:util';
import { headerOf, type OpenSegment, openSegment } from '../format/folder.ts';
import { RECORD_KIND } from '../format/record.ts';
import type { BrokenSession } from '../repeats/duplicate-detector.ts';
import { SEGMENT_SEQUENCES } from '../format/segment.ts';
import { BrokenSessionFinder } from '../repeats/broken-sessions.ts';
import { SegmentScanner } from '../format/segment-scanner.ts';

const sync = promisify(fdatasync);

/** What was found at the start, for the log. */
export type RecoveryReport = {
  readonly segments: number;
  readonly records: number;
  /** Stretches inside the spool that could not be read, with whole records after them. */
  readonly damagedPlaces: number;
  readonly damagedBytes: number;
  /** Bytes after the last whole record: a write that was cut off, or damage at the very end. */
  readonly cutBytes: number;
  /** Of the last message found; 0 where there is none. */
  readonly lastSequence: number;
  /** ms; the highest arrival time found, 0 where there is none. */
  readonly lastReceivedAt: number;
};

/** A segment and the messages in it; `last` is below `first` where it has none. */
export type SegmentSpan = {
  readonly segment: number;
  readonly first: number;
  readonly last: number;
  readonly bytes: number;
};

export type Recovery = {
  readonly report: RecoveryReport;
  readonly spans: readonly SegmentSpan[];
  /** The first sequence that was certainly never given out. */
  readonly nextSequence: number;
  /** Where the valid part of the last segment ends. */
  readonly end: number;
  /** The highest arrival time given out, ms. */
  readonly arrival: number;
  /** Sessions of acknowledged senders that did not end in order. */
  readonly broken: readonly BrokenSession[];
};

/** Reads all segments, verifying each record, and makes what it found durable. */
export async function recover(folder: string, segments: readonly number[]): Promise<Recovery> {
  const scan = new Scan();
  for (const [index, segment] of segments.entries()) {
    const open = openSegment(folder, segment);
    try {
      const following = segments[index + 1] === segment + 1 ? headerOf(folder, segment + 1) : undefined;
      await scan.take(open, following?.previousEnd ?? open.bytes, index === segments.length - 1);
      await sync(open.fd);
    } finally {
      closeSync(open.fd);
    }
  }
  return { ...scan.result(), broken: scan.unfinished.readBack(folder) };
}

class Scan {
  readonly unfinished = new BrokenSessionFinder();
  readonly #spans: SegmentSpan[] = [];
  #records = 0;
  #damagedPlaces = 0;
  #damagedBytes = 0;
  #cutBytes = 0;
  #lastSequence = 0;
  #lastReceivedAt = 0;
  #arrival = 0;
  #end = 0;
  /** The last segment numbers its messages from here, at most. */
  #base = 1;
  #cleanNext: number | undefined;

  async take(open: OpenSegment, limit: number, isLast: boolean): Promise<void> {
    const { header } = open;
    const first = header?.firstSequence ?? this.#base + SEGMENT_SEQUENCES;
    this.#base = Math.max(this.#base, first);
    this.#arrival = Math.max(this.#arrival, header?.arrival ?? 0);
    if (!header && open.bytes > 0 && !isLast) this.#damage(1, Math.min(limit, 64));
    const walker = new SegmentScanner(open.fd, open.keys, true);
    let last = first - 1;
    let stripe = 0;
    while (walker.find(limit)) {
      last = this.#record(walker, open.segment, last);
      if (walker.end >> 20 === stripe) continue;
      stripe = walker.end >> 20;
      await breathe();
    }
    if (isLast) this.#cutBytes = walker.pendingBytes + (header ? 0 : Math.min(open.bytes, 64));
    else walker.settleDamage();
    this.#damage(walker.damagedPlaces, walker.damagedBytes);
    if (this.#cutBytes > 0) this.#cleanNext = undefined;
    this.#end = walker.end;
    this.#spans.push({ segment: open.segment, first, last, bytes: open.bytes });
  }

  #record(walker: SegmentScanner, segment: number, last: number): number {
    const { kind, count, firstSequence, receivedAt } = walker.header;
    walker.pass();
    this.#base = Math.max(this.#base, firstSequence);
    this.#arrival = Math.max(this.#arrival, receivedAt);
    this.#cleanNext = kind === RECORD_KIND.end ? firstSequence : undefined;
    if (kind === RECORD_KIND.sessions) this.unfinished.define(walker.payload());
    if (kind !== RECORD_KIND.frames) return last;
    this.unfinished.note(walker.header, segment, walker.end);
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
   * A spool that was closed in order says in its last record which number comes next. Otherwise more may have been
   * given out than can be read: a segment numbers fewer than SEGMENT_SEQUENCES messages, so all of those are left out.
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
