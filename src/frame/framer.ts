import { FRAME_FLAG, type Framing } from '../base/frame-list.ts';
import { Carry } from './carry.ts';
import { acquireCollector, type Collector } from './collector.ts';
import type { Emit, Framer } from './contract.ts';
import { COUNTED, type Decision, decide, type Doubt, LINES, type Mode, START } from './decide.ts';
import { isDigit, isSeparator, MORE, NO, YES } from './evidence.ts';
import { HEADER_BYTES, mayBeCount, NO_COUNT, readHeader } from './header.ts';
import { FrameOutput } from './frame-output.ts';
import { belongsToEnd, LF, LineEnds, NUL } from './line-ends.ts';

const SMALL_Z = 0x7a;
/** In fewer bytes than this, lines are found one by one: copying them to the scanner would not pay. */
const MIN_SCAN_BYTES = 512;
/** The largest count that is believed if every frame has one: seven digits. */
const MOST_OCTETS = 9_999_999;
/** Bytes beyond two frames that a decision looks at: their headers. */
const MARGIN_BYTES = 64;

/** The state between chunks: at the start of a frame, in a line, or in a frame that cannot be decided yet. */
const BETWEEN = 0;
const LINE = 1;
const HELD = 2;

/**
 * Creates a framer for syslog over a byte stream (RFC 6587). Real agents mix both methods on one connection, so with the
 * framing `auto` each frame is classified by itself: it is octet-counted if it begins with a count (see `readHeader`),
 * else it is a line (see `LineEnds`). Behind a counted frame, a count is expected; one that is missing or wrong is looked
 * for, and what is passed over is handed over as one flagged frame (see `decide`). A frame of more than `maxFrame` bytes
 * is cut and flagged, and the rest of it is skipped: its tail never becomes a message. Empty lines are skipped.
 * @throws RangeError if `maxFrame` is not 1 byte to 256 KiB
 */
export function createFramer(options: { readonly maxFrame: number; readonly framing?: Framing }): Framer {
  return new StreamFramer(options.maxFrame, options.framing ?? 'auto');
}

class StreamFramer extends FrameOutput implements Framer {
  readonly #framing: Framing;
  readonly #carry: Carry;
  #ends: LineEnds;
  #state: typeof BETWEEN | typeof LINE | typeof HELD = BETWEEN;
  #mode: Mode = START;
  /** Bytes of the frame without which it cannot be decided, in state HELD. */
  #need = 0;
  /** Bytes to skip: the rest of a counted frame that was cut. */
  #skip = 0;
  /** A message without a PRI has come with a count. */
  #bare = false;
  #streamEnded = false;

  constructor(maxFrame: number, framing: Framing) {
    super(maxFrame);
    this.#framing = framing;
    this.#carry = new Carry(maxFrame);
    this.#ends = new LineEnds(framing);
  }

  get pending(): number {
    return this.#carry.seen;
  }

  get memory(): number {
    return this.#carry.memory;
  }

  push(chunk: Buffer, emit: Emit): void {
    if (this.#state === HELD && this.#carry.seen + chunk.length < this.#need) this.#keep(chunk, 0);
    else this.#read(chunk, emit);
  }

  end(emit: Emit): void {
    if (this.#state === LINE) this.handOverPartial(this.#carry, emit);
    else if (this.#state === HELD) {
      this.#streamEnded = true;
      this.#read(NOTHING, emit);
      this.#streamEnded = false;
      if (this.#carry.seen > 0) this.handOverPartial(this.#carry, emit);
    }
    this.#carry.clear();
    this.#state = BETWEEN;
    this.#mode = START;
    this.#skip = 0;
    this.#bare = false;
    this.#ends = new LineEnds(this.#framing);
  }

  #read(chunk: Buffer, emit: Emit): void {
    const out = acquireCollector(chunk, emit);
    this.#ends.beginChunk();
    try {
      let from = 0;
      if (this.#state === LINE) from = this.#resumeLine(chunk, out);
      else if (this.#state === HELD) from = this.#resumeCounted(chunk, out);
      if (from >= 0) this.#scan(chunk, from, out);
      else this.#readHeld(chunk, emit, out);
      out.flush();
    } finally {
      out.release();
    }
  }

  /** Reads the bytes that were kept together with the chunk. */
  #readHeld(chunk: Buffer, emit: Emit, out: Collector): void {
    const joined = Buffer.concat([this.#carry.view(), chunk]);
    this.#carry.clear();
    this.#state = BETWEEN;
    out.begin(joined, emit);
    this.#scan(joined, 0, out);
  }

  #resumeLine(chunk: Buffer, out: Collector): number {
    const end = this.#ends.find(chunk, 0);
    if (end === chunk.length) return this.#keep(chunk, 0);
    const before = end > 0 ? chunk[end - 1] : this.#carry.last;
    const total = this.#carry.seen + end - (belongsToEnd(before, chunk[end]!) ? 1 : 0);
    const flags = this.#endLine(chunk[end]!);
    this.#state = BETWEEN;
    this.addCarried(this.#carry, total, flags, out);
    return end + 1;
  }

  /** Completes a counted frame that the chunk's counts confirm. @returns the next position, or -1 if it is not as easy */
  #resumeCounted(chunk: Buffer, out: Collector): number {
    if (this.#mode !== COUNTED || this.#framing === 'octet') return -1;
    const { seen } = this.#carry;
    const kept = this.#carry.view();
    const head = seen >= HEADER_BYTES ? kept : Buffer.concat([kept, chunk.subarray(0, HEADER_BYTES - seen)]);
    const header = readHeader(head, 0, head.length, this.max);
    if (header <= 0) return -1;
    const start = (header & 7) + 1;
    const end = start + (header >> 3) - seen;
    if (end <= 0 || !this.#countsFollow(chunk, end)) return -1;
    const stop = hasTrailer(head[start], chunk[end - 1]) ? end - 1 : end;
    this.counted++;
    this.#state = BETWEEN;
    if (start < seen) out.addCarried(this.#carry.take(seen).subarray(start), 0, stop, 0, 0);
    else {
      this.#carry.clear();
      this.add(start - seen, stop, 0, out);
    }
    return end;
  }

  /** Whether two counts follow, each where the one before ends. */
  #countsFollow(chunk: Buffer, end: number): boolean {
    const next = behindLf(chunk, end);
    const header = readHeader(chunk, next, chunk.length, this.max);
    if (header <= 0) return false;
    const after = behindLf(chunk, next + (header & 7) + 1 + (header >> 3));
    return readHeader(chunk, after, chunk.length, this.max) > 0;
  }

  #scan(chunk: Buffer, from: number, out: Collector): void {
    let at = from;
    while (at < chunk.length) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - at);
        this.#skip -= skipped;
        at += skipped;
      } else if (this.#mode >= COUNTED || this.#framing === 'octet') at = this.#readCounted(chunk, at, out);
      else at = this.#readFrame(chunk, at, out);
    }
  }

  /** Reads a frame where none with a count came before. */
  #readFrame(chunk: Buffer, at: number, out: Collector): number {
    const first = chunk[at]!;
    if (first === LF || first === NUL) return at + 1;
    if (this.#framing === 'lines' || !isDigit(first)) return this.#addLines(chunk, at, out);
    const header = readHeader(chunk, at, chunk.length, this.max);
    const open = header !== NO_COUNT || this.#mode === START || mayBeCount(chunk, at, this.#streamEnded);
    return open ? this.#decide(chunk, at, out) : this.#addLines(chunk, at, out);
  }

  /** Reads frames behind one with a count, as long as each count leads to another: RFC 6587 §3.4.1. */
  #readCounted(chunk: Buffer, from: number, out: Collector): number {
    let at = from;
    while (at < chunk.length && isSeparator(chunk[at]!)) at++;
    const { length } = chunk;
    let header = this.#mode === COUNTED ? readHeader(chunk, at, length, this.max) : 0;
    let next = behindLf(chunk, at + (header & 7) + 1 + (header >> 3));
    let following = header > 0 ? readHeader(chunk, next, length, this.max) : 0;
    while (following > 0) {
      const after = behindLf(chunk, next + (following & 7) + 1 + (following >> 3));
      const last = readHeader(chunk, after, length, this.max);
      if (last <= 0) break;
      const start = at + (header & 7) + 1;
      const end = start + (header >> 3);
      this.counted++;
      this.add(start, hasTrailer(chunk[start], chunk[end - 1]) ? end - 1 : end, 0, out);
      at = next;
      next = after;
      header = following;
      following = last;
    }
    return at < chunk.length ? this.#decide(chunk, at, out) : at;
  }

  #addLines(chunk: Buffer, at: number, out: Collector): number {
    if (this.#ends.onlyLf && chunk.length - at >= MIN_SCAN_BYTES) {
      const next = out.addLines(at, this.max);
      if (next > at) return next;
    }
    return this.#addLine(chunk, at, out);
  }

  #addLine(chunk: Buffer, at: number, out: Collector): number {
    const end = this.#ends.find(chunk, at);
    if (end === chunk.length) {
      this.#state = LINE;
      return this.#keep(chunk, at);
    }
    const stop = end > at && belongsToEnd(chunk[end - 1], chunk[end]!) ? end - 1 : end;
    this.add(at, stop, this.#endLine(chunk[end]!), out);
    return end + 1;
  }

  /** @returns flags of the line */
  #endLine(byte: number): number {
    this.#mode = LINES;
    if (!this.#ends.ended(byte)) return 0;
    this.misframed++;
    return FRAME_FLAG.misframed;
  }

  /** Reads the frame at `at`, whose framing its first bytes do not settle. */
  #decide(chunk: Buffer, at: number, out: Collector): number {
    const decision = decide(this.#doubt(chunk, at), at);
    if (decision.kind === 'line') return this.#addLine(chunk, at, out);
    if (decision.kind === 'unfinished') {
      this.partialDropped++;
      return chunk.length;
    }
    if (decision.kind === 'more') {
      this.#state = HELD;
      this.#need = decision.need;
      return this.#keep(chunk, at);
    }
    if (decision.kind === 'counted') this.#addCounted(chunk, decision, out);
    else this.#addPassed(chunk, decision, out);
    return decision.next;
  }

  #doubt(bytes: Buffer, at: number): Doubt {
    const octet = this.#framing === 'octet';
    const limit = at + 2 * this.max + MARGIN_BYTES;
    const end = Math.min(bytes.length, limit);
    const beyond = end === limit ? NO : this.#streamEnded ? YES : MORE;
    const lines = !octet && this.#mode < COUNTED;
    const most = octet ? MOST_OCTETS : this.max;
    const nul = !this.#ends.onlyLf;
    return { bytes, end, beyond, lines, octet, nul, bare: this.#bare, mode: this.#mode, max: this.max, most };
  }

  #addCounted(chunk: Buffer, { from, to, next, bare }: Extract<Decision, { kind: 'counted' }>, out: Collector): void {
    this.counted++;
    this.#mode = COUNTED;
    this.#skip = to - next;
    this.#bare ||= bare;
    this.add(from, this.#skip === 0 && hasTrailer(chunk[from], chunk[to - 1]) ? to - 1 : to, 0, out);
  }

  #addPassed(chunk: Buffer, passed: Extract<Decision, { kind: 'passed' }>, out: Collector): void {
    const { from, to, next, line, cut, mode } = passed;
    this.#mode = mode;
    if (line) this.#ends.ended(chunk[next - 1]!);
    if (from === to) {
      if (line) this.empty++;
      return;
    }
    if (!line) this.misframed++;
    const partial = this.#streamEnded && next === chunk.length ? FRAME_FLAG.partial : 0;
    if (cut) this.oversize++;
    const flags = line ? 0 : FRAME_FLAG.misframed | partial | (cut ? FRAME_FLAG.truncated : 0);
    out.add(from, to, flags, cut ? to - from + 1 : 0);
  }

  #keep(chunk: Buffer, from: number): number {
    const limit = this.#state === HELD ? 2 * this.max + MARGIN_BYTES : this.max;
    if (from < chunk.length) this.#carry.append(chunk, from, chunk.length, limit);
    return chunk.length;
  }
}

function behindLf(chunk: Buffer, from: number): number {
  let at = from;
  while (chunk[at] === LF) at++;
  return at;
}

/**
 * Whether a counted frame with these first and last bytes ends with an LF that does not belong to the message, as
 * rsyslog's templates append it. In a compressed frame, which begins with a z, a last byte LF is chance and belongs to it.
 */
function hasTrailer(first: number | undefined, last: number | undefined): boolean {
  return last === LF && first !== SMALL_Z;
}

const NOTHING = Buffer.alloc(0);
