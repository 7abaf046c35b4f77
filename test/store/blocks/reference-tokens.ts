import { tokensOf } from '../../../src/model/tokens.ts';

/* The token filter of a block, as the reference encoder makes it. */

/** The Bloom filter of the tokens of the messages, which lie side by side, each ended by a line feed. */
export function tokenFilter(tokens: readonly Buffer[]): Buffer[] {
  let bits = new Uint8Array(2 ** 18);
  for (const token of tokens) {
    const mixed = multiplied(hash(token), 15, 0x2c1b3c6d);
    for (const bit of [mixed, mixed >>> 14, multiplied(mixed, 13, 0x297a2d39)]) bits[bit & (2 ** 18 - 1)] = 1;
  }
  const fill = () => bits.reduce((sum, bit) => sum + bit, 0) / bits.length;
  // Folded in halves for as long as at most half of the bits would be set afterwards.
  while (bits.length > 64 && 1 - (1 - fill()) ** 2 <= 0.5) {
    const half = bits.length / 2;
    bits = bits.slice(0, half).map((bit, index) => bit | bits[half + index]!);
  }
  const bytes = Buffer.alloc(bits.length / 8);
  for (const [index, bit] of bits.entries()) bytes[index >> 3]! |= bit << (index & 7);
  return [Buffer.of(Math.log2(bits.length)), bytes];
}

/**
 * The folded tokens that a filter keeps, as bytes. A token of one or two bytes is in every block
 * anyway: it is left out if it ends within its window of 64 bytes, and if all of that window is
 * ASCII.
 */
export function filteredTokens(messages: Buffer): Buffer[] {
  const isAscii = (window: number) => messages.subarray(window * 64, window * 64 + 64).every((byte) => byte < 128);
  const found: Buffer[] = [];
  for (const match of messages.toString('latin1').matchAll(/[A-Za-z0-9_\x80-\xff]+/g)) {
    const [start, end] = [match.index, match.index + match[0].length];
    const window = start >> 6;
    const bytes = messages.subarray(start, end);
    if (bytes.some((byte) => byte > 127))
      found.push(...tokensOf(bytes.toString('utf8')).map((each) => Buffer.from(each)));
    else if (end - start > 2 || end >= (window + 1) * 64 || !isAscii(window)) found.push(bytes);
  }
  return found;
}

/** The tokens of the values of fields in whose JSON a backslash is. */
export function escapedTokens(fields: readonly (Buffer | undefined)[]): Buffer[] {
  const escaped = fields.filter((each) => each?.includes('\\')).map((each) => JSON.parse(each!.toString()));
  return longTokens(
    escaped.flatMap((each: { name: string; value: unknown }[]) =>
      each.flatMap(({ name, value }) => [name, value]).filter((text) => typeof text === 'string'),
    ),
  );
}

/** Tokens that are longer than two bytes. */
export function longTokens(texts: readonly string[]): Buffer[] {
  return texts
    .flatMap(tokensOf)
    .map((token) => Buffer.from(token))
    .filter((token) => token.length > 2 || token.some((byte) => byte > 127));
}

/**
 * 16 bytes at a time, the last ones filled up with zeros; 0x20 is set in each byte of ASCII, which
 * folds letters.
 */
function hash(token: Buffer): number {
  const before = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f];
  const after = [0x2c1b3c6d, 0x297a2d39, 0x165667b1, 0x7feb352d];
  const padded = Buffer.alloc(Math.ceil(token.length / 16) * 16);
  token.copy(padded);
  for (let at = 0; at < token.length; at++) if (padded[at]! < 128) padded[at]! |= 0x20;
  let hashed = 0;
  for (let at = 0; at < padded.length; at += 16) {
    hashed = Math.imul(hashed, 0x01000193);
    for (let word = 0; word < 4; word++) {
      const product = Math.imul(padded.readInt32LE(at + word * 4), before[word]!);
      hashed = (hashed + multiplied(product, 15, after[word]!)) | 0;
    }
  }
  return hashed;
}

function multiplied(value: number, shift: number, by: number): number {
  return Math.imul(value ^ (value >>> shift), by);
}
