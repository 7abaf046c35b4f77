import { TOKEN_BYTES, tokensOf } from '../../model/tokens.ts';
import { damaged, HEADER_BYTES, LINE_FEED, seal, unseal } from './format.ts';

const MAX_LOG = 18;
const MIN_LOG = 6;
/** Folding ends before more of the bits than this were set: one token in eight then seems to be there and is not. */
const MAX_FILL = 0.5;
const PRIME = 0x01000193;
/** The highest class of a byte of an ASCII token; that of all others is 255. */
const ASCII = 127;

/** What a scan of texts found besides their tokens. */
export type Scanned = { readonly lineFeeds: number; readonly wide: boolean };

/**
 * A Bloom filter of folded tokens: three bits each in a map large enough for any block, folded in halves when the block
 * is whole, so that its size fits what came. Reused from block to block by `begin`.
 */
export class TokenFilter {
  readonly #map = new Int32Array(2 ** (MAX_LOG - 5));

  begin(): void {
    this.#map.fill(0);
  }

  /** Adds the tokens of texts, each ended by a line feed, that lie side by side. `wide`: not all was ASCII. */
  scan(text: Buffer, from: number, to: number): Scanned {
    // Locals: an imported name and a private field cost a quarter more here.
    const table = TOKEN_BYTES;
    const map = this.#map;
    let lineFeeds = 0;
    let wide = false;
    for (let at = from; at < to; ) {
      const byte = text[at++]!;
      let folded = table[byte]!;
      if (folded === 0) {
        if (byte === LINE_FEED) lineFeeds++;
        continue;
      }
      const start = at - 1;
      let hash = 0;
      let classes = 0;
      // Ends at the latest with the last text's line feed.
      do {
        hash = Math.imul(hash ^ folded, PRIME);
        classes |= folded;
        folded = table[text[at++]!]!;
      } while (folded !== 0);
      if (text[at - 1] === LINE_FEED) lineFeeds++;
      if (classes <= ASCII) add(map, hash);
      else {
        wide = true;
        for (const token of tokensOf(text.toString('utf8', start, at - 1))) add(map, hashOf(token));
      }
    }
    return { lineFeeds, wide };
  }

  /** The part for what was added. */
  encode(): Buffer {
    const map = this.#map;
    let log = MAX_LOG;
    let fill = fillOf(map, map.length);
    while (log > MIN_LOG && 1 - (1 - fill) ** 2 <= MAX_FILL) {
      const half = 2 ** (log - 6);
      for (let i = 0; i < half; i++) map[i]! |= map[i + half]!;
      log--;
      fill = fillOf(map, half);
    }
    const bits = Buffer.from(map.buffer, 0, 2 ** (log - 3));
    const part = Buffer.allocUnsafe(HEADER_BYTES + 1 + bits.length);
    part[HEADER_BYTES] = log;
    bits.copy(part, HEADER_BYTES + 1);
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

/** Sets the three bits of a token. */
function add(map: Int32Array, hash: number): void {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  const second = Math.imul(mixed ^ (mixed >>> 13), 0x297a2d39);
  map[(mixed >>> 5) & 8191]! |= 1 << mixed;
  map[(mixed >>> 19) & 8191]! |= 1 << (mixed >>> 14);
  map[(second >>> 5) & 8191]! |= 1 << second;
}

/** The number that stands for a folded token in the filters. */
export function hashOf(token: string): number {
  let hash = 0;
  for (const byte of Buffer.from(token)) hash = Math.imul(hash ^ byte, PRIME);
  return hash;
}

function fillOf(map: Int32Array, words: number): number {
  let set = 0;
  for (let i = 0; i < words; i++) {
    let word = map[i]!;
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    set += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return set / (words * 32);
}
