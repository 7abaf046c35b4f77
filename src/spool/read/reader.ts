import { closeSync, fstatSync } from 'node:fs';
import { systemCode } from '../../base/errors.ts';
import type { Source } from '../../model/message.ts';
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
   * Records wholly at or below this sequence are left out; the first record may begin at or below it, and its rows up
   * to there are the caller's to skip.
   */
  readonly from?: { readonly sequence: number };
  /**
   * Where a server runs: how far it has been fsynced; what its run wrote below that is not verified again.
   * Without it every record is verified, and the spool ends with its last whole one.
   */
  readonly durable?: DurableEnd;
};

/**
 * Opens the reading end of a spool; the folder may be empty, or not exist yet. An arena needs MAX_RECORD_BYTES of room
 * at least. An empty payload takes one byte of it all the same.
 * `next` throws CordwoodError ERR_DATA_VERSION where a newer version wrote a segment.
 */
export function openSpoolReader(options: SpoolReaderOptions): SpoolReader {
  return new FileSpoolReader(options);
}

class FileSpoolReader implements SpoolReader {
  readonly record: SpoolRecord = emptyRecord();
  readonly #folder: string;
  readonly #durable: DurableEnd | undefined;
  readonly #sources = new SessionSources();
  /** No record at or below it comes (again). */
  #last: number;
  #open: OpenSegment | undefined;
  #walker: SegmentScanner | undefined;
  #limit = 0;
  /** The limit of the open segment will not rise any more. */
  #limitIsFinal = false;
  #damagedPlaces = 0;
  #damagedBytes = 0;

  constructor(options: SpoolReaderOptions) {
    this.#folder = options.folder;
    this.#durable = options.durable;
    this.#last = options.from?.sequence ?? 0;
  }

  get sources(): readonly Source[] {
    return this.#sources.list;
  }

  get damaged(): { readonly places: number; readonly bytes: number } {
    return {
      places: this.#damagedPlaces + (this.#walker?.damagedPlaces ?? 0),
      bytes: this.#damagedBytes + (this.#walker?.damagedBytes ?? 0),
    };
  }

  next(arena: Buffer, at: number): number {
    for (let walker = this.#seek(); walker; walker = this.#seek()) {
      const { kind, firstSequence, count, payload } = walker.header;
      if (kind === RECORD_KIND.sessions) this.#sources.define(walker.payload());
      if (kind !== RECORD_KIND.frames || firstSequence + count - 1 <= this.#last) {
        walker.pass();
        continue;
      }
      const bytes = Math.max(1, payload);
      if (at + bytes > arena.length) return -1;
      if (this.#take(walker, arena, at)) return bytes;
    }
    return 0;
  }

  [Symbol.dispose](): void {
    if (this.#open) closeSync(this.#open.fd);
    this.#open = undefined;
    this.#walker = undefined;
  }

  #take(walker: SegmentScanner, arena: Buffer, at: number): boolean {
    const { header, bytes } = walker;
    const { record } = this;
    if (!readIndex(bytes, walker.at + RECORD_HEADER_BYTES, header, { record, arenaAt: at })) {
      record.count = 0;
      walker.reject();
      return false;
    }
    const end = walker.at + header.total;
    bytes.copy(arena, at, end - header.payload, end);
    const { source } = record;
    record.receivedAt = header.receivedAt;
    record.firstSequence = header.firstSequence;
    record.count = header.count;
    if (header.session !== 0) source.fill(this.#sources.of(header.session), 0, header.count);
    else for (let i = 0; i < header.count; i++) source[i] = this.#sources.of(source[i]!);
    this.#last = header.firstSequence + header.count - 1;
    walker.pass();
    return true;
  }

  /** The walker at the next record, in whichever segment; undefined where nothing is left now. */
  #seek(): SegmentScanner | undefined {
    for (;;) {
      if (!this.#walker && !this.#begin(this.#firstSegment())) return undefined;
      if (this.#walker!.find(this.#limit)) return this.#walker;
      const moved = this.#limitIsFinal ? this.#begin(this.#segmentAfter(this.#open!.segment)) : this.#raiseLimit();
      if (!moved) return undefined;
    }
  }

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

  /** Leaves the open segment for another. @returns whether there is one */
  #begin(segment: number | undefined): boolean {
    if (segment === undefined) return false;
    let open: OpenSegment;
    try {
      open = openSegment(this.#folder, segment);
    } catch (error) {
      // Unlinked since the folder was read: all of it is stored, the next look finds its successor.
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
    this.#walker = new SegmentScanner(open.fd, open.keys, verify);
    this.#limit = 0;
    this.#limitIsFinal = false;
    this.#sources.beginSegment();
    return true;
  }

  #leave(): void {
    if (!this.#open || !this.#walker) return;
    this.#walker.settleDamage();
    this.#damagedPlaces += this.#walker.damagedPlaces;
    this.#damagedBytes += this.#walker.damagedBytes;
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

  /** The last segment that begins at or below the message wanted next. */
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
