import { closeSync, fdatasync, openSync, writevSync } from 'node:fs';
import { promisify } from 'node:util';
import { fault } from '../../base/fault.ts';
import { syncFolderAsync } from '../../base/files.ts';
import type { Run } from './group.ts';
import { segmentPath } from '../format/segment.ts';

const sync = promisify(fdatasync);

/** The segments that are being written. Each operation may be repeated after it failed halfway. */
export class SegmentFiles {
  readonly #folder: string;
  readonly #open = new Map<number, number>();
  readonly #dirty = new Set<number>();
  /** Whether a file was created since the folder was fsynced. */
  #created = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Writes a run to the page cache, and creates the segment if it is missing. @throws the system's
   * error
   */
  write(run: Run): void {
    const fd = this.#open.get(run.segment) ?? this.#create(run.segment);
    this.#dirty.add(run.segment);
    let { position } = run;
    for (let left = run.buffers; left.length > 0; ) {
      const written = writevSync(fd, left, position);
      position += written;
      left = rest(left, written);
    }
  }

  /** Makes durable what was written, including the names of new files. @throws the system's error */
  async sync(): Promise<void> {
    fault('fsync');
    for (const segment of this.#dirty) await sync(this.#open.get(segment)!);
    this.#dirty.clear();
    if (!this.#created) return;
    await syncFolderAsync(this.#folder);
    this.#created = false;
  }

  /** Closes the segments before this one, which are complete. */
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

/** The bytes of the buffers after the first `written` ones. */
function rest(buffers: readonly Uint8Array[], written: number): Uint8Array[] {
  let skip = written;
  for (const [index, buffer] of buffers.entries()) {
    if (skip < buffer.length) return [buffer.subarray(skip), ...buffers.slice(index + 1)];
    skip -= buffer.length;
  }
  return [];
}
