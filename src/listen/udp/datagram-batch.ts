import { FRAME_FLAG, type FrameList, MAX_RECORD_BYTES, MAX_RECORD_FRAMES } from '../../base/frame-list.ts';

/** Datagrams are copied one after the other into blocks of this size, bytes: copying is cheaper than a part for each. */
const SLAB_BYTES = 1 << 20;

/** Gathers datagrams into one spool entry. */
export class DatagramBatch {
  readonly frames: FrameList & { count: number; readonly session: Uint32Array } = {
    count: 0,
    skip: new Uint32Array(MAX_RECORD_FRAMES),
    length: new Uint32Array(MAX_RECORD_FRAMES),
    flags: new Uint8Array(MAX_RECORD_FRAMES),
    original: new Uint32Array(MAX_RECORD_FRAMES),
    session: new Uint32Array(MAX_RECORD_FRAMES),
  };
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  #from = 0;
  #to = 0;

  /** Bytes of payload so far. */
  get bytes(): number {
    return this.#to - this.#from;
  }

  /** Whether a datagram of this length fits into the same entry. */
  fits(length: number): boolean {
    return (
      this.frames.count < MAX_RECORD_FRAMES &&
      this.bytes + length <= MAX_RECORD_BYTES &&
      this.#to + length <= SLAB_BYTES
    );
  }

  /** Adds the first `length` bytes of a datagram that is `original` bytes long; it must fit. */
  add(datagram: Uint8Array, length: number, original: number, session: number): void {
    const { frames } = this;
    const index = frames.count++;
    const cut = length < original;
    frames.length[index] = length;
    frames.flags[index] = cut ? FRAME_FLAG.truncated : 0;
    frames.original[index] = cut ? original : 0;
    frames.session[index] = session;
    this.#slab.set(length === datagram.length ? datagram : datagram.subarray(0, length), this.#to);
    this.#to += length;
  }

  /** The payload so far; adding more does not change it. */
  payload(): Uint8Array {
    return this.#slab.subarray(this.#from, this.#to);
  }

  /** Starts the next entry, with room for a datagram of the largest size. */
  clear(): void {
    this.frames.count = 0;
    this.#from = this.#to;
    if (SLAB_BYTES - this.#to >= MAX_RECORD_BYTES / 2) return;
    this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    this.#from = 0;
    this.#to = 0;
  }
}
