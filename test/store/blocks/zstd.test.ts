import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { Packer, unpack } from '../../../src/store/blocks/format/zstd.ts';
import fc from '../../support/fc.ts';

test('packed data is unpacked again, call after call, and equals the output of zlib', () => {
  const packer = new Packer(1);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 5000 }), fc.integer({ min: 1, max: 40 }), (bytes, times) => {
      const raw = Buffer.alloc(bytes.length * times, bytes);
      const packed = Buffer.from(packer.pack(raw));
      assert.ok(zstdDecompressSync(packed).equals(raw));
      assert.ok(unpack(packed, raw.length).equals(raw));
      assert.ok(unpack(zstdCompressSync(raw), raw.length).equals(raw));
    }),
  );
});

test('a large incompressible piece is packed', () => {
  const raw = randomBytes(3 << 20);
  assert.ok(unpack(new Packer(1).pack(raw), raw.length).equals(raw));
});

test('a damaged, cut or overlong piece is refused and the next piece is read', () => {
  const raw = Buffer.alloc(20_000, 'a log line of many\n');
  const packed = zstdCompressSync(raw);
  const flipped = Buffer.from(packed);
  flipped[2]! ^= 0xff;
  for (const [name, bytes, length] of [
    ['damaged', flipped, raw.length],
    ['no zstd at all', Buffer.from('nothing of the kind'), raw.length],
    ['cut', packed.subarray(0, packed.length - 5), raw.length],
    ['longer than it says', packed, raw.length - 1],
  ] as const) {
    const outcome = ((): Buffer | Error => {
      try {
        return unpack(bytes, length);
      } catch (error) {
        return error as Error;
      }
    })();
    assert.ok(outcome instanceof Error || outcome.length !== length, `${name} passes for whole`);
    assert.ok(unpack(packed, raw.length).equals(raw), `after one that is ${name}`);
  }
});
