import { damaged, HEADER_BYTES, seal, unseal } from './format.ts';
import type { EncoderWasm } from '../write/encoder-wasm.ts';

const MAX_LOG = 18;
const MIN_LOG = 6;
/** Folding ends before more of the bits than this were set: one token in eight then seems to be there and is not. */
const MAX_FILL = 0.5;
/** Bytes that `hashOf` takes at a time. */
const STEP = 16;
const PRIME = 0x01000193;
/** What each of the four words of a step is multiplied by, before and after it is mixed. */
const BEFORE = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f];
const AFTER = [0x2c1b3c6d, 0x297a2d39, 0x165667b1, 0x7feb352d];

/**
 * A Bloom filter of folded tokens: three bits each in a map large enough for any block, folded in halves when the block
 * is whole, so that its size fits what came. The map lies in the kernel, whose `scan` and `add` fill it.
 */
export class TokenFilter {
  readonly #kernel: EncoderWasm;

  constructor(kernel: EncoderWasm) {
    this.#kernel = kernel;
  }

  begin(): void {
    this.#kernel.bytes.fill(0, 0, 2 ** (MAX_LOG - 3));
  }

  /** The part for what was added. */
  encode(): Buffer {
    const { exports, bytes } = this.#kernel;
    let log = MAX_LOG;
    while (log > MIN_LOG && 1 - (1 - exports.fill(2 ** (log - 3)) / 2 ** log) ** 2 <= MAX_FILL) {
      log--;
      exports.halve(2 ** (log - 3));
    }
    const size = 2 ** (log - 3);
    const part = Buffer.allocUnsafeSlow(HEADER_BYTES + 1 + size);
    part[HEADER_BYTES] = log;
    bytes.copy(part, HEADER_BYTES + 1, 0, size);
    return seal(part);
  }
}

/** The filter as a block holds it. */
export class StoredTokens {
  readonly #bytes: Buffer;
  readonly #mask: number;

  /** @throws where the part is damaged */
  constructor(part: Uint8Array) {
    const body = unseal(part, 'the token filter');
    const log = body[0] ?? 0;
    this.#bytes = body.subarray(1);
    this.#mask = 2 ** log - 1;
    if (log < MIN_LOG || log > MAX_LOG || this.#bytes.length !== 2 ** (log - 3))
      throw damaged('the size of the token filter');
  }

  /** False where no message of the block has the token that `hashOf` was given. */
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

/** Shorter tokens, of ASCII alone, are in every block, and not kept by filters. */
const SHORTEST = 3;

/** Whether filters know of a folded token: of any other, each may hold it. */
export function isFiltered(token: string): boolean {
  return Buffer.byteLength(token) >= SHORTEST || Buffer.byteLength(token) > token.length;
}

/** The number that stands for a folded token in the filters: what `scan` of `encode.wat` makes of its bytes. */
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
