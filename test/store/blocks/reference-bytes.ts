import { constants, crc32, zstdCompressSync } from 'node:zlib';

/* The pieces that a block consists of, as the reference encoder writes them. */

/** Bytes below which a frame is stored as it is. */
const WORTH_PACKING = 256;

/** Bytes as they are (0), or compressed by zstd (1) if that is shorter; level 0 never compresses. */
export function frame(raw: Buffer, level: number): Buffer {
  const asItIs = Buffer.concat([Buffer.of(0), varint(raw.length), raw]);
  if (level === 0 || raw.length < WORTH_PACKING) return asItIs;
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_windowLog]: 18 };
  const packed = zstdCompressSync(raw, { pledgedSrcSize: raw.length, params });
  if (packed.length >= raw.length) return asItIs;
  return Buffer.concat([Buffer.of(1), varint(raw.length), varint(packed.length), packed]);
}

/** A part: the version, a CRC-32 of what follows, and that. */
export function sealed(...pieces: readonly Buffer[]): Buffer {
  const body = Buffer.concat(pieces);
  const header = Buffer.alloc(5);
  header[0] = 1;
  header.writeUInt32LE(crc32(body), 1);
  return Buffer.concat([header, body]);
}

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

export function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

/** A text with its length before it. */
export function prefixed(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([varint(bytes.length), bytes]);
}
