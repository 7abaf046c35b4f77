import { constants, inflateSync } from 'node:zlib';
import { releaseMemory } from '../base/memory.ts';
import { ABSENT, type MessageBatch, SPAN } from '../model/batch.ts';
import type { Source } from '../model/message.ts';
import { BIT, FORMAT, SKEW } from './bits.ts';
import { readBsd } from './bsd.ts';
import { readLenient } from './lenient.ts';
import { ParseState } from './parse-state.ts';
import { readRfc5424 } from './rfc5424.ts';
import { isText } from './utf8.ts';

/** The zlib header of a `z` frame: deflate, and a checksum over its two bytes (RFC 1950 §2.2). */
const DEFLATE = 0x78;
const LOWER_Z = 0x7a;
const LESS = 0x3c;
const GREATER = 0x3e;
const SPACE = 0x20;
const MAX_PRIORITY = 191;
const DEFAULT_MAX_INFLATED = 256 << 10;

/** An invalid PRI: too large, too long, with leading zeros, or empty. */
const BAD_NUMBER = /^<\d{0,16}>/;
/** A word that counts as an invalid PRI only if a header follows (rsyslog writes `<invld>`). */
const BAD_WORD = /^<[\w.-]{1,16}>/;
/** A BOM or blanks that a sender has written before PRI. */
const BEFORE_PRI = /^(?:\u00ef\u00bb\u00bf)?[ \t]{0,8}(?=<)/;

export type ParserOptions = {
  /** The zone of stamps without one, by peer: an IANA name or a fixed offset; see `zonePicker`. */
  readonly zoneOf: (source: Source) => string;
  /** Host time zones by host name; they override `zoneOf`. Default none. */
  readonly hostZones?: ReadonlyMap<string, string>;
  /** Whether to inflate compressed frames (rsyslog's `z` frames), by peer; default always. */
  readonly inflates?: (source: Source) => boolean;
  /**
   * The most bytes of an inflated frame; default 256 KiB. A larger one is kept compressed, flagged
   * `parse_error`.
   */
  readonly maxInflated?: number;
  /** Called for each frame that is kept compressed because it cannot be inflated. */
  readonly onNotInflated?: () => void;
};

/** Parses frames into rows; see `createParser`. */
export interface Parser {
  /**
   * Fills the columns and spans of `row` from the frame in `batch.arena[start, end)`. Before the
   * call: `begin` the row, set `truncated` or `partial` if the frame was cut, and move `batch.used`
   * past the frame. Texts that are not in the frame (the address of the peer, the numbers of a
   * device, an inflated frame) go after it. Without room for them, the host is left out, or the
   * frame stays compressed: leave `maxInflated` bytes and some 64 bytes for each peer free. Never
   * throws, and never reads a clock.
   */
  parse(batch: MessageBatch, row: number, start: number, end: number): void;
}

/**
 * Creates a parser. It remembers the last day, zones and peers for speed; no result depends on
 * earlier frames.
 */
export function createParser(options: ParserOptions): Parser {
  const state = new ParseState(options.zoneOf, options.hostZones);
  const inflates = options.inflates ?? (() => true);
  const maxInflated = options.maxInflated ?? DEFAULT_MAX_INFLATED;
  return {
    parse(batch, row, start, end) {
      state.open(batch, row);
      const bytes = state.bytes;
      const zipped = end - start > 2 && bytes[start] === LOWER_Z && bytes[start + 1] === DEFLATE;
      if (zipped && inflates(batch.sources[batch.source[row]!]!)) {
        if (!parseInflated(state, start, end, maxInflated)) options.onNotInflated?.();
      } else {
        parseFrame(state, start, end);
      }
    },
  };
}

/** @returns false if the frame is compressed and could not be inflated */
function parseInflated(state: ParseState, start: number, end: number, maxOutputLength: number): boolean {
  const { batch, bytes, row } = state;
  const isZlib = ((DEFLATE << 8) | bytes[start + 2]!) % 31 === 0;
  const inflated = isZlib ? inflateBytes(bytes.subarray(start + 1, end), maxOutputLength) : undefined;
  const offset = inflated === undefined ? ABSENT : batch.put(inflated);
  if (inflated === undefined || offset === ABSENT) {
    parseFrame(state, start, end);
    if (!isZlib) return true;
    batch.flags[row]! |= BIT.parseError;
    keepRaw(state, start, end);
    return false;
  }
  const { length } = inflated;
  releaseMemory(inflated);
  parseFrame(state, offset, offset + length);
  batch.flags[row]! |= BIT.compressed;
  return true;
}

/**
 * Inflates a stream, or the beginning of one that was cut; undefined if it is not zlib or exceeds
 * the limit.
 */
function inflateBytes(bytes: Uint8Array, maxOutputLength: number): Uint8Array | undefined {
  try {
    return inflateSync(bytes, { maxOutputLength, finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return undefined;
  }
}

function parseFrame(state: ParseState, start: number, end: number): void {
  const { bytes } = state;
  let last = end;
  // LF, CR and NUL at the end of a counted frame or a datagram belong to the transport (RFC 6587
  // §3.4.1).
  while (last > start && bytes[last - 1]! <= 0x0d && isTrailer(bytes[last - 1]!)) last--;
  state.end = last;
  readFrame(state, start);
  // The host name comes after the stamp: if the host has a zone of its own, the frame is read a
  // second time.
  if (state.findHostZone()) {
    state.reset();
    readFrame(state, start);
  }
  finish(state, start, end);
}

function readFrame(state: ParseState, start: number): void {
  const body = readPriority(state, start);
  if (body > 0) readText(state, body, true);
  else readWithoutPriority(state, start);
}

function isTrailer(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d || byte === 0;
}

/**
 * Reads `<0>` to `<191>` without leading zeros (RFC 5424 §6.2.1). @returns the index after it; -1
 * if it is not valid
 */
function readPriority(state: ParseState, start: number): number {
  const { bytes, end } = state;
  if (start >= end || bytes[start] !== LESS) return -1;
  let value = 0;
  let p = start + 1;
  for (; p < end && p < start + 4; p++) {
    const digit = bytes[p]! - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  if (p === start + 1 || p >= end || bytes[p] !== GREATER || value > MAX_PRIORITY) return -1;
  if (bytes[start + 1] === 0x30 && p > start + 2) return -1;
  state.batch.priority[state.row] = value;
  return p + 1;
}

/** Reads the text after PRI. */
function readText(state: ParseState, at: number, hasPriority: boolean): void {
  const { bytes } = state;
  const first = at < state.end ? bytes[at]! : SPACE;
  if (first >= 0x30 && first <= 0x39 && readRfc5424(state, at)) return;
  if (readBsd(state, at)) return;
  state.reset();
  readLenient(state, at, hasPriority);
}

/** Reads a frame whose PRI is missing or invalid; its priority is 13 (RFC 3164 §4.3.3). */
function readWithoutPriority(state: ParseState, start: number): void {
  const head = state.head(start);
  const before = BEFORE_PRI.exec(head)?.[0].length ?? 0;
  if (before > 0) {
    const body = readPriority(state, start + before);
    if (body > 0) {
      readText(state, body, true);
      return;
    }
  }
  const bad = (BAD_NUMBER.exec(head) ?? BAD_WORD.exec(head))?.[0].length ?? 0;
  if (bad > 0) {
    readText(state, start + bad, true);
    if (BAD_NUMBER.test(head) || state.batch.format[state.row] !== FORMAT.unknown) {
      state.flags |= BIT.noPri | BIT.parseError;
      return;
    }
    state.reset();
  }
  readText(state, start, false);
  state.flags |= BIT.noPri;
}

/** Sets the flags that do not depend on the format, and keeps the frame if needed. */
function finish(state: ParseState, start: number, end: number): void {
  const { batch, row, bytes } = state;
  const cut = (batch.flags[row]! & (BIT.truncated | BIT.partial)) !== 0;
  if (!state.ascii.holds(batch, start, state.end) && !isText(bytes, start, state.end, cut)) {
    state.flags |= BIT.invalidUtf8;
  }
  const late = state.receivedAt - batch.timestamp[row]!;
  if (late > SKEW.behind || late < -SKEW.ahead) state.flags |= BIT.clockSkew;
  batch.flags[row]! |= state.flags;
  if (state.keepRaw || (batch.flags[row]! & (BIT.parseError | BIT.invalidUtf8)) !== 0) keepRaw(state, start, end);
}

/** Keeps the frame as `raw`, unless the message already is the whole frame. */
function keepRaw(state: ParseState, start: number, end: number): void {
  const { batch, row, base } = state;
  const whole = batch.lengths[base + SPAN.message] === end - start;
  if (!whole || (batch.flags[row]! & BIT.invalidUtf8) !== 0) state.set(SPAN.raw, start, end);
}
