import { FRAME_FLAG } from '../base/frame-list.ts';
import { Carry } from './carry.ts';
import { acquireCollector, type Collector } from './collector.ts';
import type { Emit, Framer } from './contract.ts';
import { checkedMaxFrame } from './max-frame.ts';
import { HEADER_BYTES, NO_COUNT, readHeader, UNDECIDED } from './header.ts';

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;
const SMALL_Z = 0x7a;
/** In fewer bytes than this, lines are found one by one: copying them to the scanner would not pay. */
const MIN_SCAN_BYTES = 512;
const ONE = 0x31;
const NINE = 0x39;

/** The state between chunks: at the start of a frame, in a possible octet count, in a line, in a counted frame. */
const BETWEEN = 0;
const HEADER = 1;
const LINE = 2;
const COUNTED = 3;

/**
 * Creates a framer for syslog over a byte stream (RFC 6587). Real agents mix both methods on one connection, so each
 * frame is classified by itself: it is octet-counted if it begins with a count (see `readHeader`), else it is a line
 * that ends at LF, CR LF or NUL. A frame of more than `maxFrame` bytes is cut and flagged, and the rest of it is
 * skipped: its tail never becomes a message. Empty lines are skipped.
 * @throws RangeError if `maxFrame` is not 1 byte to 256 KiB
 */
export function createFramer(options: { readonly maxFrame: number }): Framer {
  return new StreamFramer(options.maxFrame);
}

class StreamFramer implements Framer {
  oversize = 0;
  counted = 0;
  empty = 0;
  partialDropped = 0;
  readonly #max: number;
  readonly #carry: Carry;
  #state: 0 | 1 | 2 | 3 = BETWEEN;
  /** The octet count, in state COUNTED. */
  #announced = 0;
  /** Positions of the last LF and NUL found in the chunk; its length if no more follow. */
  #lf = -1;
  #nul = -1;

  constructor(maxFrame: number) {
    this.#max = checkedMaxFrame(maxFrame);
    this.#carry = new Carry(Math.max(maxFrame, HEADER_BYTES));
  }

  get pending(): number {
    return this.#carry.seen;
  }

  push(chunk: Buffer, emit: Emit): void {
    const out = acquireCollector(chunk, emit);
    this.#lf = -1;
    this.#nul = -1;
    try {
      const from = this.#resume(chunk, out);
      if (from < chunk.length) this.#scan(chunk, from, out);
      out.flush();
    } finally {
      out.release();
    }
  }

  end(emit: Emit): void {
    if (this.#state === COUNTED) this.partialDropped++;
    else if (this.#state !== BETWEEN) this.#handOverPartial(emit);
    this.#carry.clear();
    this.#state = BETWEEN;
  }

  #handOverPartial(emit: Emit): void {
    const { seen } = this.#carry;
    const cut = seen > this.#max;
    if (cut) this.oversize++;
    const flags = FRAME_FLAG.partial | (cut ? FRAME_FLAG.truncated : 0);
    const out = acquireCollector(NOTHING, emit);
    try {
      out.addCarried(this.#carry.take(this.#max), 0, 0, flags, cut ? seen : 0);
      out.flush();
    } finally {
      out.release();
    }
  }

  /** Continues the frame that an earlier chunk began. @returns the position of the next frame */
  #resume(chunk: Buffer, out: Collector): number {
    if (this.#state === BETWEEN || chunk.length === 0) return 0;
    if (this.#state === HEADER) return this.#resumeHeader(chunk, out);
    if (this.#state === LINE) return this.#resumeLine(chunk, out);
    const left = this.#announced - this.#carry.seen;
    if (left > chunk.length) return this.#keep(chunk, 0, COUNTED);
    const octets = this.#announced;
    this.counted++;
    this.#finishCarried(hasTrailer(this.#carry.view()[0], chunk[left - 1]) ? octets - 1 : octets, out);
    return left;
  }

  #resumeHeader(chunk: Buffer, out: Collector): number {
    const { seen } = this.#carry;
    const start = Buffer.concat([this.#carry.view(), chunk.subarray(0, HEADER_BYTES - seen)]);
    const header = readHeader(start, 0, start.length);
    if (header === UNDECIDED) return this.#keep(chunk, 0, HEADER);
    if (header === NO_COUNT) return this.#resumeLine(chunk, out);
    this.#carry.clear();
    this.#state = BETWEEN;
    return this.#addCounted(chunk, (header & 7) + 1 - seen, header >> 3, out);
  }

  #resumeLine(chunk: Buffer, out: Collector): number {
    const end = this.#lineEnd(chunk, 0);
    if (end === chunk.length) return this.#keep(chunk, 0, LINE);
    const before = end > 0 ? chunk[end - 1] : this.#carry.last;
    const total = this.#carry.seen + end;
    this.#finishCarried(chunk[end] === LF && before === CR ? total - 1 : total, out);
    return end + 1;
  }

  /** The carried-over frame ends in this chunk and is `total` bytes long. */
  #finishCarried(total: number, out: Collector): void {
    const head = this.#carry.take(Math.min(total, this.#max));
    this.#state = BETWEEN;
    if (total === 0) this.empty++;
    else if (total <= this.#max) out.addCarried(head, 0, total - head.length, 0, 0);
    else {
      this.oversize++;
      out.addCarried(head, 0, this.#max - head.length, FRAME_FLAG.truncated, total);
    }
  }

  #scan(chunk: Buffer, from: number, out: Collector): void {
    let at = from;
    while (at < chunk.length) {
      const first = chunk[at]!;
      if (first === LF || first === NUL) {
        at++;
        continue;
      }
      const header = first >= ONE && first <= NINE ? readHeader(chunk, at, chunk.length) : NO_COUNT;
      if (header === NO_COUNT) at = this.#addLines(chunk, at, out);
      else if (header === UNDECIDED) at = this.#keep(chunk, at, HEADER);
      else at = this.#addCounted(chunk, at + (header & 7) + 1, header >> 3, out);
    }
  }

  #addLines(chunk: Buffer, at: number, out: Collector): number {
    if (chunk.length - at >= MIN_SCAN_BYTES) {
      const next = out.addLines(at, this.#max);
      if (next > at) return next;
    }
    return this.#addLine(chunk, at, out);
  }

  #addLine(chunk: Buffer, at: number, out: Collector): number {
    const end = this.#lineEnd(chunk, at);
    if (end === chunk.length) return this.#keep(chunk, at, LINE);
    const stop = chunk[end] === LF && chunk[end - 1] === CR ? end - 1 : end;
    this.#addFrame(at, stop, out);
    return end + 1;
  }

  /** RFC 6587 §3.4.1. */
  #addCounted(chunk: Buffer, at: number, octets: number, out: Collector): number {
    const end = at + octets;
    if (end > chunk.length) {
      this.#announced = octets;
      return this.#keep(chunk, at, COUNTED);
    }
    this.counted++;
    this.#addFrame(at, hasTrailer(chunk[at], chunk[end - 1]) ? end - 1 : end, out);
    return end;
  }

  #addFrame(from: number, to: number, out: Collector): void {
    const length = to - from;
    if (length === 0) this.empty++;
    else if (length <= this.#max) out.add(from, to, 0, 0);
    else {
      this.oversize++;
      out.add(from, from + this.#max, FRAME_FLAG.truncated, length);
    }
  }

  #keep(chunk: Buffer, from: number, state: 1 | 2 | 3): number {
    this.#state = state;
    this.#carry.append(chunk, from, chunk.length);
    return chunk.length;
  }

  /** The next LF or NUL at or after `at`, or the chunk's length. Scans each byte at most once for each of the two. */
  #lineEnd(chunk: Buffer, at: number): number {
    if (this.#lf < at) this.#lf = indexOrEnd(chunk, LF, at);
    if (this.#nul < at) this.#nul = indexOrEnd(chunk, NUL, at);
    return Math.min(this.#lf, this.#nul);
  }
}

/**
 * Whether a counted frame with these first and last bytes ends with an LF that does not belong to the message, as
 * rsyslog's templates append it. In a compressed frame, which begins with a z, a last byte LF is chance and belongs to it.
 */
function hasTrailer(first: number | undefined, last: number | undefined): boolean {
  return last === LF && first !== SMALL_Z;
}

function indexOrEnd(chunk: Buffer, byte: number, from: number): number {
  const index = chunk.indexOf(byte, from);
  return index < 0 ? chunk.length : index;
}

const NOTHING = Buffer.alloc(0);
