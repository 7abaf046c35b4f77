import { closeSync, fdatasync, openSync, writevSync } from 'node:fs';
import { promisify } from 'node:util';
import { fault } from '../../base/fault.ts';
import { syncFolderAsync } from '../../base/files.ts';
import type { Run } from './group.ts';
import { segmentPath } from '../format/segment.ts';

const sync = promisify(fdatasync);

/** The segments that are being written. Everything may be tried again after it failed, whatever it had done by then. */
export class SegmentFiles {
  readonly #folder: string;
  readonly #open = new Map<number, number>();
  readonly #dirty = new Set<number>();
  #created = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes into the page cache; creates the segment where the run is its first. @throws the system's error */
  write(run: Run): void {
    const fd = this.#open.get(run.segment) ?? this.#create(run.segment);
    this.#dirty.add(run.segment);
    let { position } = run;
    for (let left = run.buffers; left.length > 0; ) {
      const written = writevSync(fd, left, position);
      position += written;
      left = behind(left, written);
    }
  }

  /** Makes durable what was written, new files included. @throws the system's error */
  async sync(): Promise<void> {
    fault('fsync');
    for (const segment of this.#dirty) await sync(this.#open.get(segment)!);
    this.#dirty.clear();
    if (!this.#created) return;
    await syncFolderAsync(this.#folder);
    this.#created = false;
  }

  /** Closes the segments before this one: no run goes there any more. */
  closeBefore(segment: number): void {
    for (const [candidate, fd] of this.#open) {
      if (candidate >= segment) continue;
      this.#open.delete(candidate);
      closeSync(fd);
    }
  }

  #create(segment: number): number {
    const fd = openSync(segmentPath(this.#folder, segment), 'wx', 0o600);
    this.#open.set(segment, fd);
    this.#created = true;
    fault('rotate');
    return fd;
  }
}

/** What of the buffers comes after the first `written` bytes. */
function behind(buffers: readonly Uint8Array[], written: number): Uint8Array[] {
  let skip = written;
  for (const [index, buffer] of buffers.entries()) {
    if (skip < buffer.length) return [buffer.subarray(skip), ...buffers.slice(index + 1)];
    skip -= buffer.length;
  }
  return [];
}
