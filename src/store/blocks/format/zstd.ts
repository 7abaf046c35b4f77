import { releaseMemory } from '../../../base/memory.ts';
import { constants, createZstdCompress, createZstdDecompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/*
 * `zstdCompressSync` and `zstdDecompressSync` create and clear a context of a megabyte in each
 * call, which takes longer than compressing a column. Here a zlib stream's context serves many
 * calls. The internals of a stream are not documented: if they are not as expected, or a result is
 * not, the two functions above are used instead.
 */

/** The internals of a zlib stream that are used. */
type Internals = {
  readonly destroyed: boolean;
  readonly _handle?: {
    writeSync(flush: number, from: Buffer, at: number, length: number, to: Buffer, toAt: number, room: number): void;
  };
  /** After a write: output room left, input left. */
  readonly _writeState?: ArrayLike<number>;
  on(event: 'error', listener: () => void): unknown;
};

/** Output room beyond the expected length, so that a longer result is detected. */
const SPARE = 64;

/** Room beyond this is not doubled, bytes. */
const LARGE = 2 << 20;

/** A window that fits the processor's cache takes a tenth less time, for one byte in a thousand more. */
const WINDOW_LOG = 18;

class Context {
  readonly #make: () => Internals;
  #stream: Internals | undefined;

  constructor(make: () => Internals) {
    this.#make = make;
  }

  /** Runs one whole frame `from` → `to`. @returns the bytes written, or -1 on failure */
  run(from: Buffer, to: Buffer): number {
    this.#stream ??= this.#make();
    const { _handle: handle, _writeState: state } = this.#stream;
    if (typeof handle?.writeSync !== 'function' || state?.length !== 2) return -1;
    handle.writeSync(constants.ZSTD_e_end, from, 0, from.length, to, 0, to.length);
    const [room, left] = [state[0]!, state[1]!];
    if (left === 0 && room > 0 && room < to.length && !this.#stream.destroyed) return to.length - room;
    // The failure also comes as an event; and the next call must not continue in the middle of this
    // frame.
    this.#stream.on('error', () => {});
    this.#stream = undefined;
    return -1;
  }
}

/** Compresses one piece after another at one level. */
export class Packer {
  readonly #params: { readonly [key: number]: number };
  readonly #context: Context;
  #out = Buffer.allocUnsafeSlow(1 << 16);

  constructor(level: number) {
    this.#params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_windowLog]: WINDOW_LOG };
    this.#context = new Context(() => createZstdCompress({ params: this.#params }));
  }

  /** One zstd frame, valid until the next call. */
  pack(raw: Buffer): Buffer {
    const most = raw.length + (raw.length >> 8) + 1024;
    if (this.#out.length < most) {
      releaseMemory(this.#out);
      this.#out = Buffer.allocUnsafeSlow(Math.max(most, Math.min(most * 2, LARGE)));
    }
    const length = this.#context.run(raw, this.#out);
    if (length >= 0) return this.#out.subarray(0, length);
    return zstdCompressSync(raw, { pledgedSrcSize: raw.length, params: this.#params });
  }
}

const unpacking = new Context(() => createZstdDecompress());

/** Unpacks a frame into `room`, which is longer than `length`. @returns whether that gave `length` bytes */
export function unpackInto(packed: Buffer, room: Buffer, length: number): boolean {
  if (unpacking.run(packed, room) === length) return true;
  const raw = unpack(packed, length);
  return raw.copy(room) === length && raw.length === length;
}

/** Unpacks a frame to `length` bytes, in their own memory. @throws if it is damaged or longer */
export function unpack(packed: Buffer, length: number): Buffer {
  const out = Buffer.allocUnsafeSlow(length + SPARE);
  if (unpacking.run(packed, out) === length) return out.subarray(0, length);
  // One chunk for the whole output avoids a second copy.
  return zstdDecompressSync(packed, { chunkSize: length + SPARE, maxOutputLength: length + SPARE });
}
