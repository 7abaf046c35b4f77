import { closeSync, fstatSync } from 'node:fs';
import { systemCode } from '../../base/errors.ts';
import type { Peer } from '../../model/message.ts';
import type { SpoolReader, SpoolRecord } from '../contract.ts';
import type { DurableEnd } from './durable-end.ts';
import { headerOf, type OpenSegment, openSegment } from '../format/folder.ts';
import { emptyRecord, RECORD_HEADER_BYTES, RECORD_KIND, readIndex } from '../format/record.ts';
import { listSegments, offsetOf, SEGMENT_HEADER_BYTES, segmentOf } from '../format/segment.ts';
import { SessionSources } from './session-sources.ts';
import { SegmentScanner } from '../format/segment-scanner.ts';

export type SpoolReaderOptions = {
  readonly folder: string;
  /**
   * Skips records whose messages are all at or below this sequence. The first record may begin at
   * or below it: the caller skips those messages.
   */
  readonly from?: { readonly sequence: number };
  /**
   * If a server is running: how far its spool is durable. Records that this run wrote are not
   * verified. Without it every record is verified, and the spool ends with its last whole record.
   */
  readonly durable?: DurableEnd;
};

/**
 * Opens the reading end of a spool. The folder may be empty or missing. An arena needs at least
 * MAX_RECORD_BYTES of room; an empty payload also uses one byte. `next` throws CordwoodError
 * ERR_DATA_VERSION if another version wrote a segment.
 */
export function openSpoolReader(options: SpoolReaderOptions): SpoolReader {
  return new FileSpoolReader(options);
}

class FileSpoolReader implements SpoolReader {
  readonly record: SpoolRecord = emptyRecord();
  readonly #folder: string;
  readonly #durable: DurableEnd | undefined;
  readonly #sources = new SessionSources();
  /** The last sequence that was read; records up to it are skipped. */
  #last: number;
  #open: OpenSegment | undefined;
  #scanner: SegmentScanner | undefined;
  #limit = 0;
  /** Whether the open segment is complete, so that `#limit` does not rise any more. */
  #limitIsFinal = false;
  #damagedPlaces = 0;
  #damagedBytes = 0;

  constructor(options: SpoolReaderOptions) {
    this.#folder = options.folder;
    this.#durable = options.durable;
    this.#last = options.from?.sequence ?? 0;
  }

  get sources(): readonly Peer[] {
    return this.#sources.list;
  }

  get damaged(): { readonly places: number; readonly bytes: number } {
    return {
      places: this.#damagedPlaces + (this.#scanner?.damagedPlaces ?? 0),
      bytes: this.#damagedBytes + (this.#scanner?.damagedBytes ?? 0),
    };
  }

  next(arena: Buffer, at: number): number {
    for (let scanner = this.#seek(); scanner; scanner = this.#seek()) {
      const { kind, firstSequence, count, payload } = scanner.header;
      if (kind === RECORD_KIND.sessions) this.#sources.define(scanner.payload());
      if (kind !== RECORD_KIND.frames || firstSequence + count - 1 <= this.#last) {
        scanner.pass();
        continue;
      }
      const bytes = Math.max(1, payload);
      if (at + bytes > arena.length) return -1;
      if (this.#read(scanner, arena, at)) return bytes;
    }
    return 0;
  }

  [Symbol.dispose](): void {
    if (this.#open) closeSync(this.#open.fd);
    this.#open = undefined;
    this.#scanner = undefined;
  }

  /** Reads the record that was found. @returns false if its index is invalid */
  #read(scanner: SegmentScanner, arena: Buffer, at: number): boolean {
    const { header, bytes } = scanner;
    const { record } = this;
    if (!readIndex(bytes, scanner.at + RECORD_HEADER_BYTES, header, { record, arenaAt: at })) {
      record.count = 0;
      scanner.reject();
      return false;
    }
    const end = scanner.at + header.total;
    bytes.copy(arena, at, end - header.payload, end);
    const { source } = record;
    record.receivedAt = header.receivedAt;
    record.firstSequence = header.firstSequence;
    record.count = header.count;
    if (header.session !== 0) source.fill(this.#sources.of(header.session), 0, header.count);
    else for (let i = 0; i < header.count; i++) source[i] = this.#sources.of(source[i]!);
    this.#last = header.firstSequence + header.count - 1;
    scanner.pass();
    return true;
  }

  /**
   * The scanner, standing at the next record of this or a later segment; undefined if no record is
   * left for now.
   */
  #seek(): SegmentScanner | undefined {
    for (;;) {
      if (!this.#scanner && !this.#begin(this.#firstSegment())) return undefined;
      if (this.#scanner!.find(this.#limit)) return this.#scanner;
      const moved = this.#limitIsFinal ? this.#begin(this.#segmentAfter(this.#open!.segment)) : this.#raiseLimit();
      if (!moved) return undefined;
    }
  }

  /** Finds out how far the open segment may be read now. @returns whether that is further than before */
  #raiseLimit(): boolean {
    const before = this.#limit;
    const { segment, fd } = this.#open!;
    const place = this.#durable?.place;
    const ended = place === undefined ? this.#segmentAfter(segment) !== undefined : segmentOf(place) > segment;
    if (ended) {
      this.#limit = headerOf(this.#folder, segment + 1)?.previousEnd ?? fstatSync(fd).size;
      this.#limitIsFinal = true;
      return true;
    }
    this.#limit = place === undefined ? fstatSync(fd).size : offsetOf(place);
    return this.#limit > before;
  }

  /** Moves from the open segment to another one. @returns false if there is none */
  #begin(segment: number | undefined): boolean {
    if (segment === undefined) return false;
    let open: OpenSegment;
    try {
      open = openSegment(this.#folder, segment);
    } catch (error) {
      // Deleted since the folder was read, because all of it is safe: the next attempt finds the
      // segment after it.
      if (systemCode(error) === 'ENOENT') return false;
      throw error;
    }
    this.#leave();
    this.#open = open;
    if (!open.header && open.bytes >= SEGMENT_HEADER_BYTES) {
      this.#damagedPlaces++;
      this.#damagedBytes += SEGMENT_HEADER_BYTES;
    }
    const verify = this.#durable === undefined || segment < this.#durable.liveFrom;
    this.#scanner = new SegmentScanner(open.fd, open.keys, verify);
    this.#limit = 0;
    this.#limitIsFinal = false;
    this.#sources.beginSegment();
    return true;
  }

  #leave(): void {
    if (!this.#open || !this.#scanner) return;
    this.#scanner.countPending();
    this.#damagedPlaces += this.#scanner.damagedPlaces;
    this.#damagedBytes += this.#scanner.damagedBytes;
    closeSync(this.#open.fd);
  }

  #segments(): number[] {
    const highest = this.#durable ? segmentOf(this.#durable.place) : Infinity;
    try {
      return listSegments(this.#folder).filter((segment) => segment <= highest);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    }
  }

  /** The last segment that begins at or below the next sequence. */
  #firstSegment(): number | undefined {
    const segments = this.#segments();
    const wanted = this.#last + 1;
    const reaches = (segment: number) => (headerOf(this.#folder, segment)?.firstSequence ?? Infinity) <= wanted;
    return segments.findLast(reaches) ?? segments[0];
  }

  #segmentAfter(segment: number): number | undefined {
    return this.#segments().find((candidate) => candidate > segment);
  }
}
