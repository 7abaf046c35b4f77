const SLOTS = 1024;
/** Longer texts are not remembered. */
const LONGEST = 64;

/**
 * Remembers the result of a test for short texts that recur (host names, program names), by their
 * bytes: a known text costs a hash and a comparison, and no string. If two texts share a slot, the
 * later one replaces the other.
 */
export class ByteMemo {
  readonly #test: (text: string) => boolean;
  readonly #texts = new Uint8Array(SLOTS * LONGEST);
  /** By slot: the length of its text plus one; 0 if the slot is empty. */
  readonly #lengths = new Uint8Array(SLOTS);
  readonly #results = new Uint8Array(SLOTS);

  constructor(test: (text: string) => boolean) {
    this.#test = test;
  }

  /** The result of the test for a text in UTF-8. */
  test(bytes: Buffer, offset: number, length: number): boolean {
    if (length > LONGEST) return this.#test(bytes.toString('utf8', offset, offset + length));
    let hash = length;
    for (let at = offset; at < offset + length; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    if (this.#holds(slot, bytes, offset, length)) return this.#results[slot] === 1;
    const result = this.#test(bytes.toString('utf8', offset, offset + length));
    this.#texts.set(bytes.subarray(offset, offset + length), slot * LONGEST);
    this.#lengths[slot] = length + 1;
    this.#results[slot] = result ? 1 : 0;
    return result;
  }

  #holds(slot: number, bytes: Buffer, offset: number, length: number): boolean {
    if (this.#lengths[slot] !== length + 1) return false;
    const texts = this.#texts;
    const start = slot * LONGEST;
    for (let at = 0; at < length; at++) if (texts[start + at] !== bytes[offset + at]) return false;
    return true;
  }
}
