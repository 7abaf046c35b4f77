import type { FrameList } from '../../base/frame-list.ts';
import { crc32 } from 'node:zlib';

/** Above what a checksum reaches: the length stands there, so that both fit one number exactly. */
const LENGTH_UNIT = 2 ** 32;

/** What tells one message from another, nearly always: its checksum and its length. */
export function fingerprint(bytes: Uint8Array): number {
  return crc32(bytes) + bytes.length * LENGTH_UNIT;
}

/** Writes the fingerprint of each frame to the beginning of `into`; the payload is as in an entry. */
export function fingerprints(frames: FrameList, parts: readonly Uint8Array[], into: Float64Array): void {
  let part = 0;
  let bytes = parts[0] ?? NOTHING;
  /** Where in `bytes` the next frame begins; beyond its end for one in a later part. */
  let at = 0;
  for (let i = 0; i < frames.count; i++) {
    const length = frames.length[i]!;
    at += frames.skip[i]!;
    while (at >= bytes.length && part + 1 < parts.length) {
      at -= bytes.length;
      bytes = parts[++part]!;
    }
    if (at + length <= bytes.length) into[i] = fingerprint(bytes.subarray(at, at + length));
    else into[i] = ofPieces(parts, part, at, length);
    at += length;
  }
}

/** The fingerprint of a frame that lies across parts. */
function ofPieces(parts: readonly Uint8Array[], first: number, from: number, length: number): number {
  let checksum = 0;
  let left = length;
  for (let part = first, at = from; left > 0 && part < parts.length; part++, at = 0) {
    const piece = parts[part]!.subarray(at, at + left);
    checksum = crc32(piece, checksum);
    left -= piece.length;
  }
  return checksum + length * LENGTH_UNIT;
}

const NOTHING = new Uint8Array(0);
