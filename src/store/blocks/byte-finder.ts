/** Bytes with A–Z as a–z. */
const FOLDED = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte));

/** Finds an ASCII text in bytes whatever its case, without a copy of them: Horspool's search over folded bytes. */
export class ByteFinder {
  readonly length: number;
  readonly #needle: Buffer;
  /** How far to move on for the byte under the needle's last one. */
  readonly #skips = new Int32Array(256);
  /** A needle without letters has no case: the built-in search is faster. */
  readonly #caseless: boolean;

  /** @param needle ASCII, folded, not empty */
  constructor(needle: string) {
    this.#needle = Buffer.from(needle, 'latin1');
    this.length = needle.length;
    this.#caseless = !/[a-z]/.test(needle);
    this.#skips.fill(this.length);
    for (let i = 0; i < this.length - 1; i++) {
      const byte = this.#needle[i]!;
      this.#skips[byte] = this.length - 1 - i;
      if (byte >= 0x61 && byte <= 0x7a) this.#skips[byte - 0x20] = this.length - 1 - i;
    }
  }

  /** The index of the first occurrence at or after `from`, -1 where there is none. */
  find(bytes: Buffer, from: number): number {
    if (this.#caseless) return bytes.indexOf(this.#needle, from);
    const needle = this.#needle;
    const skips = this.#skips;
    const end = needle.length - 1;
    const last = needle[end]!;
    for (let at = from + end; at < bytes.length; ) {
      const byte = bytes[at]!;
      if (FOLDED[byte] === last) {
        let i = end - 1;
        while (i >= 0 && FOLDED[bytes[at - end + i]!] === needle[i]) i--;
        if (i < 0) return at - end;
      }
      at += skips[byte]!;
    }
    return -1;
  }
}
