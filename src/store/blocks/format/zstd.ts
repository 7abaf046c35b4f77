import { constants, createZstdCompress, createZstdDecompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/*
 * `zstdCompressSync` and `zstdDecompressSync` make and clear a context of a megabyte at each call, which takes longer than
 * a column of a block itself. Here a stream's context serves one call after the other. What a stream is made of is not
 * documented: where it is otherwise one day, or anything does not come out as it should, the two have the last word.
 */

/** What a stream of zlib's is made of, as far as it is used. */
type Insides = {
  readonly destroyed: boolean;
  readonly _handle?: {
    writeSync(flush: number, from: Buffer, at: number, length: number, to: Buffer, toAt: number, room: number): void;
  };
  /** After a write: the room that is left, and the input that is. */
  readonly _writeState?: ArrayLike<number>;
  on(event: 'error', listener: () => void): unknown;
};

/** Room beyond what should come out, so that what is longer than it should be is seen to be. */
const SPARE = 64;

/** What lies further back is out of the processor's cache: not to look there takes a tenth less time, and one byte in a thousand more. */
const WINDOW_LOG = 18;

class Context {
  readonly #make: () => Insides;
  #stream: Insides | undefined;

  constructor(make: () => Insides) {
    this.#make = make;
  }

  /** One whole frame `from` → `to`. @returns the bytes written, -1 where it did not work */
  run(from: Buffer, to: Buffer): number {
    this.#stream ??= this.#make();
    const { _handle: handle, _writeState: state } = this.#stream;
    if (typeof handle?.writeSync !== 'function' || state?.length !== 2) return -1;
    handle.writeSync(constants.ZSTD_e_end, from, 0, from.length, to, 0, to.length);
    const [room, left] = [state[0]!, state[1]!];
    if (left === 0 && room > 0 && room < to.length && !this.#stream.destroyed) return to.length - room;
    // It says by an event what the call says already; and the next one must not go on in the middle of this frame.
    this.#stream.on('error', () => {});
    this.#stream = undefined;
    return -1;
  }
}

/** Packs one piece after the other at one level. */
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
    if (this.#out.length < most) this.#out = Buffer.allocUnsafeSlow(most * 2);
    const length = this.#context.run(raw, this.#out);
    if (length >= 0) return this.#out.subarray(0, length);
    return zstdCompressSync(raw, { pledgedSrcSize: raw.length, params: this.#params });
  }
}

const unpacking = new Context(() => createZstdDecompress());

/** What a frame of `length` bytes holds, in memory of its own. @throws where it is damaged or longer */
export function unpack(packed: Buffer, length: number): Buffer {
  const out = Buffer.allocUnsafeSlow(length + SPARE);
  if (unpacking.run(packed, out) === length) return out.subarray(0, length);
  // One chunk for all of it: the output then needs no second copy.
  return zstdDecompressSync(packed, { chunkSize: length + SPARE, maxOutputLength: length + SPARE });
}
