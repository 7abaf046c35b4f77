import { MAX_RECORD_BYTES, MAX_RECORD_FRAMES } from '../base/frame-list.ts';
import type { Emit } from './contract.ts';
import { LineList, WINDOW } from './lines.ts';

/**
 * Collects the frames of one chunk into calls of `Emit`. Its payload is `head`, the carried-over start of a frame,
 * and one stretch of the chunk; a stretch begins and ends with a frame, so what lies outside is never handed over.
 */
export class Collector {
  readonly #frames = new LineList();
  #emit: Emit = ignore;
  #chunk: Uint8Array = NOTHING;
  #head: Uint8Array = NOTHING;
  /** The stretch of the chunk, `from` included, `to` excluded. */
  #from = 0;
  #to = 0;

  begin(chunk: Uint8Array, emit: Emit): void {
    this.#chunk = chunk;
    this.#emit = emit;
    this.#from = 0;
    this.#to = 0;
  }

  /** Adds the frame that `head` began and `chunk[from, to)` ends; only as the first of a chunk. */
  addCarried(head: Uint8Array, from: number, to: number, flags: number, original: number): void {
    this.#head = head;
    this.#from = from;
    this.#to = to;
    this.#put(0, head.length + to - from, flags, original);
  }

  /** Adds a frame that lies in the chunk as a whole. */
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
   * Adds the lines of the usual form from `from` on, where a frame begins, of at most `max` bytes each.
   * @returns where the first frame begins that it did not add
   */
  addLines(from: number, max: number): number {
    const frames = this.#frames;
    const most = this.#head.length + from + WINDOW - this.#from;
    if (frames.count === MAX_RECORD_FRAMES || most > MAX_RECORD_BYTES) this.flush();
    if (this.#from === this.#to) {
      this.#from = from;
      this.#to = from;
    }
    const next = frames.addLines(this.#chunk, from, this.#to, max);
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

  /** Hands over what was collected. */
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

  /** Forgets the chunk, so that an idle collector pins no memory. */
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

/** Collectors belong to a call, not to a framer: 10,000 idle connections would hold 50 KB each. */
const idle: Collector[] = [];

/** A collector for the time of one call; give it back with `release()`. */
export function takeCollector(chunk: Uint8Array, emit: Emit): Collector {
  const collector = idle.pop() ?? new Collector();
  collector.begin(chunk, emit);
  return collector;
}
