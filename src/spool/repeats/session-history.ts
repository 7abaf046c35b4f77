/** A session remembers at least so many of its last frames: two windows of an agent with its defaults. */
const LEAST = 256;
/** And at most. */
export const MOST = 4096;

/** Counts the frames that all histories together may remember. */
export type Allowance = {
  /** Frames that may still be added; below 0 where many sessions have no more than their least. */
  left: number;
  /** Forgets something old. @returns whether there was anything */
  readonly forget: () => boolean;
};

/** The fingerprints of a session's last frames, and the numbers they have in it. */
export class SessionHistory {
  readonly peer: string;
  /** ms; when the session ended, undefined while it goes on. */
  endedAt: number | undefined;
  /** Frames seen so far. */
  count = 0;
  readonly #allowance: Allowance;
  #ring: Float64Array = NOTHING;
  #mayGrow = true;

  constructor(peer: string, allowance: Allowance) {
    this.peer = peer;
    this.#allowance = allowance;
  }

  /** Frames that it remembers. */
  get size(): number {
    return Math.min(this.count, this.#ring.length);
  }

  add(fingerprint: number): void {
    if (this.count >= this.#ring.length && this.#mayGrow) this.#grow();
    this.#ring[this.count++ % this.#ring.length] = fingerprint;
  }

  /** The fingerprint of the frame with this number; undefined where it is forgotten, or has not come. */
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

  /** Gives its room back. */
  forget(): void {
    this.#allowance.left += this.#ring.length;
    this.#ring = NOTHING;
    this.#mayGrow = false;
  }

  #grow(): void {
    const wanted = Math.min(MOST, Math.max(SMALLEST, this.#ring.length * 2));
    const more = wanted - this.#ring.length;
    if (wanted > LEAST) while (this.#allowance.left < more && this.#allowance.forget());
    this.#mayGrow = more > 0 && (wanted <= LEAST || this.#allowance.left >= more);
    if (!this.#mayGrow) return;
    const grown = new Float64Array(wanted);
    grown.set(this.#ring);
    this.#ring = grown;
    this.#allowance.left -= more;
  }
}

const SMALLEST = 16;
const NOTHING = new Float64Array(0);
