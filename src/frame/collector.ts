import { MAX_RECORD_BYTES, MAX_RECORD_FRAMES } from '../base/frame-list.ts';
import type { Emit } from './contract.ts';
import { LineList } from './lines.ts';
import { SCAN_BYTES } from './lines-layout.ts';

/**
 * Collects the frames of one chunk into calls of `Emit`. The payload of a call is `head`, the carried-over start of a
 * frame, and one stretch of the chunk, which begins and ends with a frame: bytes outside of it are never handed over.
 */
export class Collector {
  readonly #frames = new LineList();
  #emit: Emit = ignore;
  #chunk: Uint8Array = NOTHING;
  #head: Uint8Array = NOTHING;
  /** The stretch of the chunk: `from` is included, `to` is not. */
  #from = 0;
  #to = 0;

  /** See `readRoom`. */
  get room(): Buffer {
    return this.#frames.room;
  }

  begin(chunk: Uint8Array, emit: Emit): void {
    this.#chunk = chunk;
    this.#emit = emit;
    this.#from = 0;
    this.#to = 0;
  }

  /** Adds the frame that consists of `head` and `chunk[from, to)`; it must be the first of the chunk. */
  addCarried(head: Uint8Array, from: number, to: number, flags: number, original: number): void {
    this.#head = head;
    this.#from = from;
    this.#to = to;
    this.#put(0, head.length + to - from, flags, original);
  }

  /** Adds a frame that lies completely in the chunk. */
  add(from: number, to: number, flags: number, original: number): void {
    const bytes = this.#head.length + to - this.#from;
    if (this.#frames.count === MAX_RECORD_FRAMES || bytes > MAX_RECORD_BYTES) this.flush();
    if (this.#from === this.#to) {
      this.#from = from;
      this.#to = from;
    }
    this.#put(from - this.#to, to - from, flags, original);
    this.#to = to;
  }

  /**
   * Adds the plain lines of at most `maxFrame` bytes each from `from` on, where a frame begins.
   * @returns the position of the first frame that it did not add
   */
  addLines(from: number, maxFrame: number): number {
    const frames = this.#frames;
    const mostBytes = this.#head.length + from + SCAN_BYTES - this.#from;
    if (frames.count === MAX_RECORD_FRAMES || mostBytes > MAX_RECORD_BYTES) this.flush();
    if (this.#from === this.#to) {
      this.#from = from;
      this.#to = from;
    }
    const next = frames.addLines(this.#chunk, from, this.#to, maxFrame);
    this.#to = frames.end;
    return next;
  }

  #put(skip: number, length: number, flags: number, original: number): void {
    const frames = this.#frames;
    const index = frames.count++;
    frames.skip[index] = skip;
    frames.length[index] = length;
    frames.flags[index] = flags;
    frames.original[index] = original;
  }

  /** Hands over the frames collected so far. */
  flush(): void {
    if (this.#frames.count > 0) {
      const parts: Uint8Array[] = [];
      if (this.#head.length > 0) parts.push(this.#head);
      if (this.#to > this.#from) parts.push(this.#chunk.subarray(this.#from, this.#to));
      this.#emit(this.#frames, parts);
    }
    this.#frames.count = 0;
    this.#head = NOTHING;
    this.#from = this.#to;
  }

  /** Returns the collector to the pool; it drops its references, so that an idle one keeps no chunk in memory. */
  release(): void {
    this.#frames.release();
    this.#head = NOTHING;
    this.#chunk = NOTHING;
    this.#emit = ignore;
    idle.push(this);
  }
}

const NOTHING = new Uint8Array(0);
function ignore(): void {}

/** The pool. A collector belongs to a call, not to a framer: 10,000 idle connections would keep 50 KB each. */
const idle: Collector[] = [];

/** A collector for one call; `release()` returns it to the pool. */
export function acquireCollector(chunk: Uint8Array, emit: Emit): Collector {
  const collector = idle.pop() ?? new Collector();
  collector.begin(chunk, emit);
  return collector;
}

let room: Buffer | undefined;

/**
 * Memory that all sockets read into, one after the other: frames in it are found without a copy. What a framer hands
 * over lies in it, and is valid until the next read.
 */
export function readRoom(): Buffer {
  if (!room) {
    const collector = new Collector();
    room = collector.room;
    idle.push(collector);
  }
  return room;
}
