import { FAIR_FRAMES, MAX_FRAMES } from './limits.ts';

/**
 * A session remembers at least this many of its last frames: two windows of an agent with default
 * settings.
 */
const MIN_FRAMES = 256;
/** Frames of the first, smallest ring. */
const SMALLEST = 16;
const NOTHING = new Float64Array(0);

/** Limits how many frames all histories together remember. */
export type Allowance = {
  /** Frames that may still be added; below 0 if many sessions have only their minimum. */
  left: number;
  /** What sessions with more than FAIR_FRAMES leave to the others. */
  readonly reserved: number;
  /** Forgets the oldest history. @returns false if there is none to forget */
  readonly forget: () => boolean;
};

/**
 * The fingerprints of the last frames of a session. Frames are numbered from 0, in the order of the
 * session.
 */
export class SessionHistory {
  readonly peer: string;
  /** When the session ended, ms; undefined while it is open. */
  endedAt: number | undefined;
  /** How many frames the session has sent. */
  count = 0;
  readonly #allowance: Allowance;
  #ring: Float64Array = NOTHING;
  #mayGrow = true;

  constructor(peer: string, allowance: Allowance) {
    this.peer = peer;
    this.#allowance = allowance;
  }

  /** How many frames are remembered. */
  get size(): number {
    return Math.min(this.count, this.#ring.length);
  }

  add(fingerprint: number): void {
    if (this.count >= this.#ring.length && this.#mayGrow) this.#grow();
    this.#ring[this.count++ % this.#ring.length] = fingerprint;
  }

  /**
   * The fingerprint of the frame with this number; undefined if it is forgotten or has not been
   * sent.
   */
  at(number: number): number | undefined {
    return number < this.count - this.size || number >= this.count ? undefined : this.#ring[number % this.#ring.length];
  }

  /** The numbers of the frames with this fingerprint, newest first. */
  *find(fingerprint: number): Generator<number> {
    const oldest = this.count - this.size;
    for (let number = this.count - 1; number >= oldest; number--) {
      if (this.#ring[number % this.#ring.length] === fingerprint) yield number;
    }
  }

  /** Forgets all frames and returns their memory to the allowance. */
  forget(): void {
    this.#allowance.left += this.#ring.length;
    this.#ring = NOTHING;
    this.#mayGrow = false;
  }

  #grow(): void {
    const wanted = Math.min(MAX_FRAMES, Math.max(SMALLEST, this.#ring.length * 2));
    const more = wanted - this.#ring.length;
    const needed = more + (wanted > FAIR_FRAMES ? this.#allowance.reserved : 0);
    if (wanted > MIN_FRAMES && wanted <= FAIR_FRAMES) {
      while (this.#allowance.left < needed && this.#allowance.forget());
    }
    this.#mayGrow = more > 0 && (wanted <= MIN_FRAMES || this.#allowance.left >= needed);
    if (!this.#mayGrow) return;
    const grown = new Float64Array(wanted);
    grown.set(this.#ring);
    this.#ring = grown;
    this.#allowance.left -= more;
  }
}
