import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { giveBack } from '../../base/memory.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { damaged } from './format.ts';

const RAW = 0;
const ZSTD = 1;
/** Below this a zstd frame's own bytes and the call cost more than they save. */
const WORTH_PACKING = 256;
/**
 * The output buffer zlib begins with. Up to so many bytes any output fits, and is packed straight from the input to there;
 * a smaller buffer would come from Node's pool, and not be given back.
 */
const SMALL = 1 << 15;
/** Larger texts shrink to less than this share: a buffer of one piece, and not much more than is needed. */
const SHRINKS_TO = 1 / 4;
const MAX_CHUNK = 1 << 20;

/** Bytes as they are, or compressed where that is shorter; level 0 never compresses. */
export function writeFrame(out: ByteWriter, raw: Buffer, level: number): void {
  const packed = level === 0 || raw.length < WORTH_PACKING ? raw : compress(raw, level);
  const best = packed.length < raw.length ? packed : raw;
  out.u8(best === raw ? RAW : ZSTD);
  out.varint(raw.length);
  if (best !== raw) out.varint(best.length);
  out.bytes(best);
  if (packed !== raw) giveBack(packed);
}

/** A frame as it lies in a part, unpacked when it is asked for. */
export type Frame = { readonly zstd: boolean; readonly length: number; readonly bytes: Buffer };

export function readFrame(reader: ByteReader): Frame {
  const encoding = reader.u8();
  if (encoding > ZSTD) throw damaged(`a frame is packed in an unknown way (${encoding})`);
  const length = reader.varint();
  return { zstd: encoding === ZSTD, length, bytes: reader.take(encoding === ZSTD ? reader.varint() : length) };
}

export function unpackFrame(frame: Frame): Buffer {
  if (!frame.zstd) return frame.bytes;
  // One chunk for all of it: the output then needs no second copy.
  const raw = zstdDecompressSync(frame.bytes, { chunkSize: frame.length + 64, maxOutputLength: frame.length + 64 });
  if (raw.length !== frame.length) throw damaged(`a frame unpacks to ${raw.length} bytes, not ${frame.length}`);
  return raw;
}

function compress(raw: Buffer, level: number): Buffer {
  const { length } = raw;
  const chunkSize = Math.max(SMALL + (SMALL >> 7), Math.min(MAX_CHUNK, Math.ceil(length * SHRINKS_TO)));
  return zstdCompressSync(raw, {
    chunkSize,
    pledgedSrcSize: length,
    params: { [constants.ZSTD_c_compressionLevel]: level },
  });
}
