import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checksumOf } from '../../src/spool/format/checksum.ts';

const PRIMES = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
] as const;
const [P1, P2, P3, P4, P5] = PRIMES;
const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
const rotate = (value: bigint, by: bigint): bigint => wrap(value << by) | (value >> (64n - by));
const round = (lane: bigint, word: bigint): bigint => wrap(rotate(wrap(lane + word * P2), 31n) * P1);

/** XXH64, step by step as in its specification. */
function xxh64(bytes: Buffer, seed: bigint): bigint {
  let at = 0;
  let hash = wrap(seed + P5);
  if (bytes.length >= 32) {
    const lanes = [seed + P1 + P2, seed + P2, seed, seed - P1].map(wrap);
    for (; at + 32 <= bytes.length; at += 32) {
      lanes.forEach((lane, index) => {
        lanes[index] = round(lane, bytes.readBigUInt64LE(at + index * 8));
      });
    }
    const turns = [1n, 7n, 12n, 18n];
    hash = wrap(lanes.reduce((sum, lane, index) => sum + rotate(lane, turns[index]!), 0n));
    for (const lane of lanes) hash = wrap((hash ^ round(0n, lane)) * P1 + P4);
  }
  hash = wrap(hash + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8) {
    hash = wrap(rotate(hash ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * P1 + P4);
  }
  if (at + 4 <= bytes.length) {
    hash = wrap(rotate(hash ^ wrap(BigInt(bytes.readUInt32LE(at)) * P1), 23n) * P2 + P3);
    at += 4;
  }
  for (; at < bytes.length; at++) hash = wrap(rotate(hash ^ wrap(BigInt(bytes[at]!) * P5), 11n) * P1);
  hash = wrap((hash ^ (hash >> 33n)) * P2);
  hash = wrap((hash ^ (hash >> 29n)) * P3);
  return hash ^ (hash >> 32n);
}

test('the checksum is the low half of XXH64: known values', () => {
  for (const [text, hash] of [
    ['', 0xef46db3751d8e999n],
    ['a', 0xd24ec4f1a98c6e5bn],
    ['abc', 0x44bc2cf5ad770999n],
  ] as const) {
    assert.equal(xxh64(Buffer.from(text), 0n), hash);
    assert.equal(checksumOf(Buffer.from(text), 0), Number(hash & 0xffffffffn));
  }
});

test('the checksum is the low half of XXH64: every length of the rest, and seeds', () => {
  const bytes = Buffer.from(Array.from({ length: 200 }, (_, index) => (index * 131) & 255));
  for (let length = 0; length <= bytes.length; length++) {
    for (const seed of [0, 1, 0x80000000, 0xffffffff]) {
      const expected = Number(xxh64(bytes.subarray(0, length), BigInt(seed)) & 0xffffffffn);
      assert.equal(checksumOf(bytes.subarray(0, length), seed), expected, `${length} bytes, seed ${seed}`);
    }
  }
});
