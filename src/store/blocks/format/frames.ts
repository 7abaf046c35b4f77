import type { ByteReader, ByteWriter } from './bytes.ts';
import { damaged } from './format.ts';
import { Packer, unpack, unpackInto } from './zstd.ts';

const RAW = 0;
const ZSTD = 1;
/** Below this size, compression costs more than it saves. */
const WORTH_PACKING = 256;

/** By zstd level. */
const packers = new Map<number, Packer>();

/** Writes bytes, compressed if that is shorter; level 0 never compresses. */
export function writeFrame(out: ByteWriter, raw: Buffer, level: number): void {
  const packed = level === 0 || raw.length < WORTH_PACKING ? raw : packerOf(level).pack(raw);
  const best = packed.length < raw.length ? packed : raw;
  out.u8(best === raw ? RAW : ZSTD);
  out.varint(raw.length);
  if (best !== raw) out.varint(best.length);
  out.bytes(best);
}

/** A frame as it lies in a part, still packed. */
export type PackedFrame = { readonly zstd: boolean; readonly length: number; readonly bytes: Buffer };

export function readFrame(reader: ByteReader): PackedFrame {
  const encoding = reader.u8();
  if (encoding > ZSTD) throw damaged(`a frame has the unknown encoding ${encoding}`);
  const length = reader.varint();
  return { zstd: encoding === ZSTD, length, bytes: reader.take(encoding === ZSTD ? reader.varint() : length) };
}

export function unpackFrame(frame: PackedFrame): Buffer {
  if (!frame.zstd) return frame.bytes;
  const raw = unpack(frame.bytes, frame.length);
  if (raw.length !== frame.length) throw damaged(`a frame unpacks to ${raw.length} bytes, not ${frame.length}`);
  return raw;
}

/** `unpackFrame` into `room`, which is longer; a frame that is not packed is copied. */
export function unpackFrameInto(frame: PackedFrame, room: Buffer): Buffer {
  if (!frame.zstd) frame.bytes.copy(room);
  else if (!unpackInto(frame.bytes, room, frame.length)) throw damaged('a frame unpacks to another length');
  return room.subarray(0, frame.length);
}

function packerOf(level: number): Packer {
  let packer = packers.get(level);
  if (!packer) {
    packer = new Packer(level);
    packers.set(level, packer);
  }
  return packer;
}
