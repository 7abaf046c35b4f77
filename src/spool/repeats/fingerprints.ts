import { crc32 } from 'node:zlib';
import type { FrameList } from '../../base/frame-list.ts';

/**
 * Above the range of a checksum: the length is a multiple of it, so that one number holds both
 * exactly.
 */
const LENGTH_UNIT = 2 ** 32;

/** A number that nearly always differs for different messages: the checksum and the length. */
export function fingerprint(bytes: Uint8Array): number {
  return crc32(bytes) + bytes.length * LENGTH_UNIT;
}

/**
 * Writes the fingerprint of each frame to the start of `into`. @param parts the payload, as in an
 * entry
 */
export function fingerprints(frames: FrameList, parts: readonly Uint8Array[], into: Float64Array): void {
  let part = 0;
  let bytes = parts[0] ?? NOTHING;
  /** Where in `bytes` the next frame begins; beyond their end if it begins in a later part. */
  let at = 0;
  for (let i = 0; i < frames.count; i++) {
    const length = frames.length[i]!;
    at += frames.skip[i]!;
    while (at >= bytes.length && part + 1 < parts.length) {
      at -= bytes.length;
      bytes = parts[++part]!;
    }
    if (at + length <= bytes.length) into[i] = fingerprint(bytes.subarray(at, at + length));
    else into[i] = fingerprintAcross(parts, part, at, length);
    at += length;
  }
}

/** The fingerprint of a frame that extends across parts. */
function fingerprintAcross(parts: readonly Uint8Array[], first: number, from: number, length: number): number {
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
