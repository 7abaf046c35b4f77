import { getHeapStatistics } from 'node:v8';
import { collectHeap } from '../base/memory.ts';

/** A second in which a thread was busy for less than this is quiet, ms. */
const QUIET_MS = 50;
/** So many quiet seconds in a row are worth using. */
const QUIET_LOOKS = 3;
/** A heap that has grown by less than this since it was last collected is left alone, bytes. */
const WORTH = 4 << 20;
/** Looks between two collections, at least: a minute. */
const MIN_LOOKS = 60;

/**
 * Collects the heap of a thread once it is quiet. V8 collects while objects are made: a start or a burst leaves tens of
 * megabytes behind, which would stay as long as little happens.
 */
export class IdleHeap {
  readonly #collect: () => void;
  #quiet = 0;
  /** Looks since the last collection. */
  #looks = MIN_LOOKS;
  /** Bytes that the last collection left. */
  #left = 0;
  #busyBefore = 0;

  constructor(collect: () => void = collectHeap) {
    this.#collect = collect;
  }

  /** To be called each second. @param busy time in which the event loop did not wait, since the start, ms */
  look(busy: number): void {
    this.#quiet = busy - this.#busyBefore < QUIET_MS ? this.#quiet + 1 : 0;
    this.#busyBefore = busy;
    this.#looks++;
    if (this.#quiet < QUIET_LOOKS || this.#looks < MIN_LOOKS || heapBytes() < this.#left + WORTH) return;
    this.#collect();
    this.#left = heapBytes();
    this.#looks = 0;
  }
}

function heapBytes(): number {
  return getHeapStatistics().total_physical_size;
}
