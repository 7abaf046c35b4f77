import { FRAME_FLAG } from '../base/frame-list.ts';
import { Carry } from './carry.ts';
import { acquireCollector, type Collector } from './collector.ts';
import type { Emit, Framer } from './contract.ts';
import { checkedMaxFrame } from './max-frame.ts';
import {
  LAST_NUMBER,
  NO_HEADER,
  readRelpHeader,
  RELP_HEADER_BYTES,
  type RelpHeader,
  UNDECIDED,
} from './relp-header.ts';

const LF = 0x0a;
/** Longest offers of an open command, bytes: 64 values of 255 bytes with their names. */
const MAX_OFFERS = 16 << 10;

/** The state between chunks: at the start of a frame, in its header, in its data or the LF behind it, or at the end. */
const BETWEEN = 0;
const HEADER = 1;
const DATA = 2;
const OVER = 3;

/** A command that is not a message; `empty` is a message without a byte, which needs an answer all the same. */
export type RelpCommand =
  | { readonly kind: 'open'; readonly offers: string }
  | { readonly kind: 'empty' }
  | { readonly kind: 'close' };

export type RelpFramerOptions = {
  /** Longer messages are cut, bytes. */
  readonly maxFrame: number;
  /** Receives each command, in order with the messages; returns false to ignore everything after it. */
  readonly onCommand: (command: RelpCommand) => boolean;
  /** The number of the first frame; default 1. */
  readonly first?: number;
};

/** A framer for RELP; it ignores everything after a `close`, a refusal or a violation. */
export interface RelpFramer extends Framer {
  /** The protocol rule that the sender violated, in words; its frames before that are valid. */
  readonly violation: string | undefined;
}

/**
 * Creates a framer for RELP (librelp's doc/relp.md). Messages are handed over as those of any stream, other commands by
 * `onCommand`, all in order. Numbers rise by one from frame to frame, so counting frames tells which one to answer. A
 * message of more than `maxFrame` bytes is cut and flagged, and the rest of it is skipped: its sender would repeat a
 * refused message forever. An unfinished frame at the end is dropped: it was never answered, so its sender still has it.
 * @throws RangeError if `maxFrame` is not 1 byte to 256 KiB
 */
export function createRelpFramer(options: RelpFramerOptions): RelpFramer {
  return new Relp(options);
}

class Relp implements RelpFramer {
  oversize = 0;
  readonly counted = 0;
  empty = 0;
  readonly partialDropped = 0;
  readonly misframed = 0;
  violation: string | undefined;
  readonly #max: number;
  readonly #onCommand: RelpFramerOptions['onCommand'];
  readonly #carry: Carry;
  readonly #header: RelpHeader = { number: 0, command: 'open', octets: 0 };
  #state: 0 | 1 | 2 | 3 = BETWEEN;
  /** The number that the next frame must have. */
  #next: number;
  #opened = false;

  constructor({ maxFrame, onCommand, first = 1 }: RelpFramerOptions) {
    this.#max = checkedMaxFrame(maxFrame);
    this.#onCommand = onCommand;
    this.#next = first;
    this.#carry = new Carry(Math.max(maxFrame, MAX_OFFERS));
  }

  get memory(): number {
    return this.#carry.memory;
  }

  get pending(): number {
    if (this.#state === BETWEEN || this.#state === OVER) return 0;
    // A header that ended with its chunk has begun a frame, even if none of its data has arrived.
    return Math.max(1, this.#carry.seen);
  }

  push(chunk: Buffer, emit: Emit): void {
    const out = acquireCollector(chunk, emit);
    try {
      let at = this.#resume(chunk, out);
      while (at < chunk.length && this.#state !== OVER) at = this.#readFrame(chunk, at, out);
      out.flush();
    } finally {
      out.release();
    }
  }

  end(): void {
    this.#carry.clear();
    if (this.#state !== OVER) this.#state = BETWEEN;
  }

  /** Continues the frame that an earlier chunk began. @returns the position of the next frame */
  #resume(chunk: Buffer, out: Collector): number {
    if (chunk.length === 0) return 0;
    if (this.#state === HEADER) return this.#resumeHeader(chunk, out);
    if (this.#state !== DATA) return 0;
    const { octets } = this.#header;
    const left = octets + 1 - this.#carry.seen;
    if (left > chunk.length) return this.#keep(chunk, 0, DATA);
    if (chunk[left - 1] !== LF) return this.#stop(NO_LF);
    this.#state = BETWEEN;
    if (this.#header.command !== 'syslog') {
      const data = Buffer.concat([this.#carry.view(), chunk.subarray(0, left)]);
      this.#carry.clear();
      this.#command(data, 0, out);
      return left;
    }
    const length = Math.min(octets, this.#max);
    const head = this.#carry.take(length);
    if (octets === 0) this.#command(chunk, 0, out);
    else out.addCarried(head, 0, length - head.length, this.#flagsOf(octets), octets > length ? octets : 0);
    return left;
  }

  #resumeHeader(chunk: Buffer, out: Collector): number {
    const { seen } = this.#carry;
    const start = Buffer.concat([this.#carry.view(), chunk.subarray(0, RELP_HEADER_BYTES - seen)]);
    const data = readRelpHeader(start, 0, start.length, this.#header);
    if (data === UNDECIDED) return this.#keep(chunk, 0, HEADER);
    this.#carry.clear();
    return this.#readData(chunk, data === NO_HEADER ? NO_HEADER : data - seen, out);
  }

  #readFrame(chunk: Buffer, at: number, out: Collector): number {
    const data = readRelpHeader(chunk, at, chunk.length, this.#header);
    if (data === UNDECIDED) return this.#keep(chunk, at, HEADER);
    return this.#readData(chunk, data, out);
  }

  /** Handles the frame whose header was just read; its data begin at `at`. */
  #readData(chunk: Buffer, at: number, out: Collector): number {
    const { octets, command } = this.#header;
    const violation = at === NO_HEADER ? BAD_HEADER : this.#violationOf();
    if (violation) return this.#stop(violation);
    this.#next = numberAfter(this.#next);
    const end = at + octets;
    if (end >= chunk.length) return this.#keep(chunk, at, DATA);
    if (chunk[end] !== LF) return this.#stop(NO_LF);
    this.#state = BETWEEN;
    if (command !== 'syslog' || octets === 0) this.#command(chunk, at, out);
    else {
      const length = Math.min(octets, this.#max);
      out.add(at, at + length, this.#flagsOf(octets), octets > length ? octets : 0);
    }
    return end + 1;
  }

  /** The protocol rule that the header just read violates, if any. */
  #violationOf(): string | undefined {
    const { number, command, octets } = this.#header;
    if (number !== this.#next) return BAD_NUMBER;
    if (command === 'open') {
      this.#opened = true;
      return octets > MAX_OFFERS ? LONG_OFFERS : undefined;
    }
    if (!this.#opened) return NOT_OPEN;
    return command === 'close' && octets > MAX_OFFERS ? BAD_HEADER : undefined;
  }

  #command(data: Buffer, at: number, out: Collector): void {
    out.flush();
    const { command, octets } = this.#header;
    if (command === 'syslog') this.empty++;
    if (command === 'close') this.#state = OVER;
    if (!this.#onCommand(commandOf(command, data.toString('latin1', at, at + octets)))) this.#state = OVER;
  }

  #flagsOf(octets: number): number {
    if (octets <= this.#max) return 0;
    this.oversize++;
    return FRAME_FLAG.truncated;
  }

  #keep(chunk: Buffer, from: number, state: 1 | 2): number {
    this.#state = state;
    if (from < chunk.length) this.#carry.append(chunk, from, chunk.length);
    return chunk.length;
  }

  #stop(violation: string): number {
    this.violation = violation;
    this.#state = OVER;
    this.#carry.clear();
    return Infinity;
  }
}

/** The number of the frame after the one with this number. */
export function numberAfter(number: number): number {
  return number === LAST_NUMBER ? 1 : number + 1;
}

function commandOf(name: RelpHeader['command'], offers: string): RelpCommand {
  return name === 'open' ? { kind: 'open', offers } : { kind: name === 'close' ? 'close' : 'empty' };
}

const BAD_HEADER = 'a frame does not begin with a valid RELP header';
const BAD_NUMBER = 'the number of a frame is not the expected one';
const NOT_OPEN = 'a frame came before the session was opened';
const NO_LF = 'a frame does not end where its length says';
const LONG_OFFERS = `the offers of an open command are longer than ${MAX_OFFERS} bytes`;
