const INT32 = 2 ** 32;
/** Up to this many bytes, a loop in JavaScript is faster than a call of `set`. */
const SHORT = 24;

/** Appends little-endian BSON values to a buffer that grows. */
export class ByteWriter {
  buffer: Buffer;
  used = 0;
  #view: DataView;

  constructor(bytes: number) {
    this.buffer = Buffer.allocUnsafeSlow(bytes);
    this.#view = viewOf(this.buffer);
  }

  /** Makes room for this many more bytes; no other method checks bounds. */
  reserve(bytes: number): void {
    const wanted = this.used + bytes;
    if (wanted <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.used);
    this.buffer = larger;
    this.#view = viewOf(larger);
  }

  byte(value: number): void {
    this.buffer[this.used++] = value;
  }

  int32(value: number): void {
    this.int32At(this.used, value);
    this.used += 4;
  }

  int32At(at: number, value: number): void {
    this.#view.setInt32(at, value, true);
  }

  /** A signed integer of at most 53 bits. */
  int64(value: number): void {
    const high = Math.floor(value / INT32);
    this.#view.setUint32(this.used, value - high * INT32, true);
    this.#view.setInt32(this.used + 4, high, true);
    this.used += 8;
  }

  /** The 16 bytes of an id, big-endian: see `model/id.ts`. */
  id(receivedAt: number, node: number, sequence: number): void {
    const view = this.#view;
    const at = this.used;
    view.setUint32(at, Math.floor(receivedAt / 0x10000));
    view.setUint16(at + 4, receivedAt % 0x10000);
    view.setUint16(at + 6, node);
    view.setUint32(at + 8, Math.floor(sequence / INT32));
    view.setUint32(at + 12, sequence % INT32);
    this.used += 16;
  }

  bytes(source: Uint8Array): void {
    this.copy(source, 0, source.length);
  }

  copy(source: Uint8Array, from: number, to: number): void {
    const { buffer } = this;
    let at = this.used;
    this.used += to - from;
    if (to - from > SHORT) buffer.set(from === 0 && to === source.length ? source : source.subarray(from, to), at);
    else for (let index = from; index < to; ) buffer[at++] = source[index++]!;
  }

  /** A key and its int32 value. */
  named(key: Uint8Array, value: number): void {
    this.bytes(key);
    this.int32(value);
  }

  /** A key and its string value: length including the NUL, bytes, NUL. */
  text(key: Uint8Array, source: Uint8Array, from: number, to: number): void {
    this.bytes(key);
    this.int32(to - from + 1);
    this.copy(source, from, to);
    this.byte(0);
  }
}

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}
