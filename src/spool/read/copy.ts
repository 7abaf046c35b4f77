import { closeSync, copyFileSync, fstatSync, fsyncSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { CordwoodError, systemCode } from '../../base/errors.ts';
import { syncFolder } from '../../base/files.ts';
import { headerOf, noncePath } from '../format/folder.ts';
import { listSegments, segmentPath } from '../format/segment.ts';
import { recover } from './recover.ts';

const CHUNK_BYTES = 1 << 20;

export type SpoolCopyOptions = {
  /** The folder of a spool that a server may write to. */
  readonly from: string;
  /** The folder of the copy; made here. */
  readonly to: string;
  /** Segments without messages above this sequence are left out. */
  readonly after: number;
};

/** A segment that is being copied. It stays open: its bytes can be read even when the server has deleted it. */
type Copying = { readonly from: number; readonly to: number; bytes: number };

/**
 * Copies a spool while a server appends to it. A server deletes what is safe in its store, so call `pass` several times
 * a second until `finish`: every segment is copied that exists at one of these calls.
 */
export class SpoolCopy implements Disposable {
  readonly #options: SpoolCopyOptions;
  readonly #chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  readonly #copying = new Map<number, Copying>();
  #last = 0;

  /** @throws the system's error */
  constructor(options: SpoolCopyOptions) {
    this.#options = options;
    mkdirSync(options.to, { mode: 0o700 });
    copyFileSync(noncePath(options.from), noncePath(options.to));
  }

  /** Copies what was appended since the last call. @throws CordwoodError ERR_SPOOL if segments were deleted in between */
  pass(): void {
    const segments = listSegments(this.#options.from);
    for (const [index, segment] of segments.entries()) {
      if (segment > this.#last && this.#isNeeded(segments[index + 1])) this.#begin(segment);
    }
    const newest = segments.at(-1) ?? this.#last;
    for (const [segment, copying] of this.#copying) {
      this.#append(copying);
      // Nothing is appended to a segment once another one has begun and is durable.
      if (segment < newest - 1) this.#end(segment, copying);
    }
  }

  /** Copies the rest, and verifies the copy. @returns the last message in it: its sequence, and its arrival in ms; 0 if none */
  async finish(): Promise<{ readonly sequence: number; readonly receivedAt: number }> {
    this.pass();
    for (const [segment, copying] of this.#copying) this.#end(segment, copying);
    const { to } = this.#options;
    syncFolder(to);
    const { report } = await recover(to, listSegments(to));
    if (report.damagedPlaces > 0) {
      const remedy = 'check the disk; cordwood account shows what is damaged';
      throw new CordwoodError('ERR_SPOOL', `cannot copy the spool in ${this.#options.from}: it is damaged; ${remedy}`);
    }
    return { sequence: report.lastSequence, receivedAt: report.lastReceivedAt };
  }

  [Symbol.dispose](): void {
    for (const [segment, copying] of this.#copying) this.#end(segment, copying);
  }

  /** @param next the segment after it */
  #isNeeded(next: number | undefined): boolean {
    const first = next === undefined ? undefined : headerOf(this.#options.from, next)?.firstSequence;
    return first === undefined || first > this.#options.after + 1;
  }

  #begin(segment: number): void {
    const { from, to } = this.#options;
    let descriptor: number;
    try {
      descriptor = openSync(segmentPath(from, segment), 'r');
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      this.#refuse();
    }
    if (this.#last > 0 && segment !== this.#last + 1) this.#refuse();
    this.#last = segment;
    this.#copying.set(segment, { from: descriptor, to: openSync(segmentPath(to, segment), 'wx', 0o600), bytes: 0 });
  }

  #refuse(): never {
    const reason = 'the server deleted messages before they were copied, as it does when the disk is nearly full';
    throw new CordwoodError(
      'ERR_SPOOL',
      `cannot copy the spool in ${this.#options.from}: ${reason}; make room, and try again`,
    );
  }

  #append(copying: Copying): void {
    const end = fstatSync(copying.from).size;
    while (copying.bytes < end) {
      const wanted = Math.min(CHUNK_BYTES, end - copying.bytes);
      const read = readSync(copying.from, this.#chunk, 0, wanted, copying.bytes);
      if (read === 0) return;
      for (let written = 0; written < read; ) {
        written += writeSync(copying.to, this.#chunk, written, read - written, copying.bytes + written);
      }
      copying.bytes += read;
    }
  }

  #end(segment: number, { from, to }: Copying): void {
    this.#copying.delete(segment);
    fsyncSync(to);
    closeSync(from);
    closeSync(to);
  }
}
