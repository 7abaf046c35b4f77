import { damaged, unseal } from './format.ts';

/** The log2 of a filter's bits. */
export const MAX_LOG = 18;
export const MIN_LOG = 6;
/** Bytes that `hashOf` reads at a time. */
const STEP = 16;
const PRIME = 0x01000193;
/** Multipliers of the four words of a step, before and after mixing. */
const BEFORE = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f];
const AFTER = [0x2c1b3c6d, 0x297a2d39, 0x165667b1, 0x7feb352d];

/** A filter as a block stores it. */
export class StoredTokens {
  readonly #bytes: Buffer;
  readonly #mask: number;

  /** @throws if the part is damaged */
  constructor(part: Uint8Array) {
    const body = unseal(part, 'the token filter');
    const log = body[0] ?? 0;
    this.#bytes = body.subarray(1);
    this.#mask = 2 ** log - 1;
    if (log < MIN_LOG || log > MAX_LOG || this.#bytes.length !== 2 ** (log - 3))
      throw damaged('the size of the token filter');
  }

  /** False if no message of the block has the token with this `hashOf`. */
  mayHold(hash: number): boolean {
    const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    const second = Math.imul(mixed ^ (mixed >>> 13), 0x297a2d39);
    return this.#has(mixed) && this.#has(mixed >>> 14) && this.#has(second);
  }

  #has(bit: number): boolean {
    const place = bit & this.#mask;
    return (this.#bytes[place >>> 3]! & (1 << (place & 7))) !== 0;
  }
}

/** Shorter ASCII tokens occur in every block; filters leave them out. */
const SHORTEST = 3;

/** Whether filters contain a folded token at all; any other may be in every block. */
export function isFiltered(token: string): boolean {
  return Buffer.byteLength(token) >= SHORTEST || Buffer.byteLength(token) > token.length;
}

/** The hash of a folded token in filters; `scan` of `encode.wat` computes the same. */
export function hashOf(token: string): number {
  const bytes = Buffer.alloc(Math.ceil(Buffer.byteLength(token) / STEP) * STEP);
  const length = bytes.write(token);
  for (let at = 0; at < length; at++) if (bytes[at]! < 128) bytes[at]! |= 0x20;
  let hash = 0;
  for (let at = 0; at < length; at += STEP) {
    hash = Math.imul(hash, PRIME);
    for (let word = 0; word < BEFORE.length; word++) {
      const product = Math.imul(bytes.readInt32LE(at + word * 4), BEFORE[word]!);
      hash = (hash + Math.imul(product ^ (product >>> 15), AFTER[word]!)) | 0;
    }
  }
  return hash;
}
