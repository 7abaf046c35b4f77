const SLOTS = 1024;
/** Longer texts are not worth remembering. */
const LONGEST = 64;

/**
 * Remembers the answer to a question about short texts that come again and again (names of hosts, of programs), by their
 * bytes: a known one costs a hash and a comparison, no string. Where two share a slot, the later one stays.
 */
export class ByteMemo {
  readonly #ask: (text: string) => boolean;
  readonly #texts = new Uint8Array(SLOTS * LONGEST);
  /** Length of the text in each slot and one; 0 where it is empty. */
  readonly #lengths = new Uint8Array(SLOTS);
  readonly #answers = new Uint8Array(SLOTS);

  constructor(ask: (text: string) => boolean) {
    this.#ask = ask;
  }

  of(bytes: Buffer, offset: number, length: number): boolean {
    if (length > LONGEST) return this.#ask(bytes.toString('utf8', offset, offset + length));
    let hash = length;
    for (let at = offset; at < offset + length; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    if (this.#holds(slot, bytes, offset, length)) return this.#answers[slot] === 1;
    const answer = this.#ask(bytes.toString('utf8', offset, offset + length));
    this.#texts.set(bytes.subarray(offset, offset + length), slot * LONGEST);
    this.#lengths[slot] = length + 1;
    this.#answers[slot] = answer ? 1 : 0;
    return answer;
  }

  #holds(slot: number, bytes: Buffer, offset: number, length: number): boolean {
    if (this.#lengths[slot] !== length + 1) return false;
    const texts = this.#texts;
    const start = slot * LONGEST;
    for (let at = 0; at < length; at++) if (texts[start + at] !== bytes[offset + at]) return false;
    return true;
  }
}
