import type { DiskReserve } from '../../base/machine/disk-reserve.ts';

/** Bytes accepted between two looks at the disk. */
const STEP_BYTES = 1 << 20;

/**
 * Leaves the store the room on the disk that it needs for what waits in the spool. Otherwise a spool that grows faster
 * than the store would take all of it, and nothing could be stored, nor deleted from the spool, any more.
 */
export class DiskRoom {
  /** Whether nothing more may be accepted for now. */
  short = false;
  readonly #reserve: DiskReserve | undefined;
  readonly #isShared: boolean;
  #checkedAt = 0;

  /** @param isShared whether the store is on the same disk */
  constructor(reserve: DiskReserve | undefined, isShared: boolean) {
    this.#reserve = reserve;
    this.#isShared = isShared;
  }

  /** Whether enough was accepted since the last look. @param bytes what the spool takes */
  isDue(bytes: number): boolean {
    return Math.abs(bytes - this.#checkedAt) >= STEP_BYTES;
  }

  /**
   * Looks at the disk.
   * @param bytes what the spool takes
   * @param waiting how many of them wait to be stored: stored, they take at most about as much again
   */
  look(bytes: number, waiting: number): void {
    this.#checkedAt = bytes;
    this.short = this.#isShared && waiting > 0 && this.free < waiting;
  }

  /** Whether the reserve is there, or was made now; what waits to be stored comes first. */
  keepReserve(waiting: number): boolean {
    return this.#reserve?.keep(this.#isShared ? waiting : 0) ?? true;
  }

  letReserveGo(): void {
    this.#reserve?.letGo();
  }

  /** Bytes that are free; Infinity if that is not known. */
  get free(): number {
    return this.#reserve?.free ?? Infinity;
  }
}
