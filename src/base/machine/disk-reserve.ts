import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../errors.ts';
import { rawResultCode, resultCode, rootCause, SQLITE } from '../sqlite.ts';

/** The most bytes of a reserve. */
const MOST_BYTES = 16 << 20;
/** The reserve is at most this share of its file system. */
const SHARE = 1 / 32;
/** While this much is free, no reserve is needed yet, bytes. */
const PLENTY_BYTES = 2 ** 30;
const CHUNK_BYTES = 1 << 20;

/**
 * Room kept in reserve for what makes room: a file in the data folder that is let go when the disk is full, and made again
 * once there is room. While it is gone, the spool accepts nothing, so that the room serves deletions and their records.
 * Its state is the file itself: every thread has an object of its own.
 */
export class DiskReserve {
  readonly #folder: string;
  readonly #path: string;

  /** @param folder the data folder */
  constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, 'reserve');
  }

  /** Lets the room go; call it when a write failed because the disk is full. */
  letGo(): void {
    rmSync(this.#path, { force: true });
  }

  /** Does work that must succeed on a full disk: if it fails for want of room, again with the room in reserve. */
  spend<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.letGo();
      return work();
    }
  }

  /** Lets the room go if there is next to no other. */
  letGoIfShort(): void {
    const disk = this.#disk();
    if (disk && disk.free < disk.reserve / 4) this.letGo();
  }

  /**
   * Whether the room is there, or was made now, or the disk has plenty; false while the disk is full.
   * @param others bytes that are needed more urgently than the reserve
   */
  keep(others = 0): boolean {
    const disk = this.#disk();
    if (!disk || disk.free >= PLENTY_BYTES) return true;
    if (statSync(this.#path, { throwIfNoEntry: false })?.size === disk.reserve) return true;
    if (disk.free < disk.reserve * 1.5 + others) return false;
    try {
      this.#make(disk.reserve);
      return true;
    } catch (error) {
      this.letGo();
      // On a disk that cannot be written, the spool's own writes report why.
      return !isDiskFull(error);
    }
  }

  /** Bytes that are free for others than root; Infinity if that is not known. */
  get free(): number {
    return this.#disk()?.free ?? Infinity;
  }

  #make(bytes: number): void {
    const descriptor = openSync(this.#path, 'w', 0o600);
    // Not zeros: a file system that compresses would reserve next to nothing.
    const chunk = randomBytes(CHUNK_BYTES);
    try {
      for (let left = bytes; left > 0; ) left -= writeSync(descriptor, chunk, 0, Math.min(left, chunk.length));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  #disk(): { readonly free: number; readonly reserve: number } | undefined {
    try {
      const { bsize, blocks, bavail } = statfsSync(this.#folder);
      const page = 4096;
      const reserve = Math.floor(Math.min(MOST_BYTES, blocks * bsize * SHARE) / page) * page;
      return { free: bavail * bsize, reserve };
    } catch {
      return undefined;
    }
  }
}

/** Whether an error means that the disk, or a quota, is full. */
export function isDiskFull(error: unknown): boolean {
  const code = systemCode(rootCause(error));
  if (code === 'ENOSPC' || code === 'EDQUOT') return true;
  return resultCode(error) === SQLITE.full || rawResultCode(error) === SQLITE.sharedMemorySize;
}
