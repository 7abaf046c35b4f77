import { ABSENT, SPAN } from '../../model/batch.ts';
import { BIT, FORMAT } from '../bits.ts';
import {
  type DevicePrefix,
  joinNotes,
  NO_NOTES,
  type Notes,
  notesOf,
  readPrefix,
  writeNotes,
} from './device-prefix.ts';
import { hostAt } from './host.ts';
import { readAnyStamp } from './lenient-stamp.ts';
import { isHost } from '../names.ts';
import type { ParseState } from '../parse-state.ts';
import { type Stamp, stampOf } from '../stamp.ts';
import { readTail, type Tail } from './tail.ts';
import { isRepetition, type Span, type Tag, wordOf } from './tag.ts';

const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
const PERCENT = 0x25;
const DOLLAR = 0x24;
const UPPER_M = 0x4d;
/** The most spaces after a stamp that do not belong to the text. */
const MAX_GAP = 4;
/** A relay's header, that of a second relay, and the device's own. */
const MAX_DEPTH = 2;
/** A stamp, an uptime or a mnemonic may follow: otherwise there is no header within the text. */
export const HINT = /%[A-Z%$]|\d:\d\d|\d{9}\./;
/** A text that AIX writes before the host that it relays. */
const FORWARDED = /^(?:Message forwarded )?from ([^\s:]{1,100}): /;
/** An agent of Arista's EOS; `Router` and `Switch` are the names of Cisco's devices before they have one. */
const AGENT = /^(?!Router$|Switch$)[A-Z][a-z]+(?:[A-Z][A-Za-z]*(?:-[\w-]+)?)?$/;
const INNER_PRIORITY = /^<(\d{1,3})>/;
/** The VERSION of RFC 5424 before a stamp of another form. */
const VERSION = /^1 (?=[A-Z\d])/;
/** Stamps of Meraki and NetScaler. */
const EPOCH = /^(?:\d{9,10}\.\d|\d\d\/\d\d\/\d{4}:)/;

/** What the headers of a line say: that of the device, with what only a relay's says. */
export type Header = Tail & {
  readonly stamp: Stamp | undefined;
  readonly host: Span | undefined;
  /** Whether the stamp is Meraki's or NetScaler's, which nothing else looks like. */
  readonly epoch: boolean;
  readonly notes: Notes;
  /** The PRI of a header within another. */
  readonly priority: number | undefined;
  /** Whether words of a header are in no field: then the frame is kept. */
  readonly lost: boolean;
};

/**
 * Reads a header with a stamp, or one of a network device that has a mnemonic instead; a second
 * header within it is the device's own behind a relay's. Sets nothing but `state.stamps`.
 */
export function readHeader(state: ParseState, at: number, depth = 0): Header | undefined {
  const inner = INNER_PRIORITY.exec(depth > 0 ? state.head(at) : '');
  const priority = inner === null || Number(inner[1]) > 191 ? undefined : Number(inner[1]);
  const from = priority === undefined ? at : at + inner![0].length;
  const start = from + (VERSION.exec(state.head(from))?.[0].length ?? 0);
  let p = readAnyStamp(state, start);
  let prefix: DevicePrefix | undefined;
  if (p < 0) {
    prefix = readPrefix(state, from);
    if (prefix === undefined || prefix.end === from) return undefined;
    p = readAnyStamp(state, prefix.end, true);
  }
  const stamp = p < 0 ? undefined : stampOf(state.stamps);
  const epoch = stamp !== undefined && EPOCH.test(state.head(start));
  const before = { prefix, stamp, epoch, priority, depth };
  return readAfter(state, stamp === undefined ? prefix!.end : afterStamp(state, p), before);
}

/** A colon may end the stamp; in IOS XR, a space comes before it. */
function afterStamp({ bytes, end }: ParseState, at: number): number {
  let p = at;
  if (p < end && bytes[p] === COLON) p++;
  else if (p + 1 < end && bytes[p] === SPACE && bytes[p + 1] === COLON) p += 2;
  for (let spaces = 0; spaces < MAX_GAP && p < end && (bytes[p] === SPACE || bytes[p] === TAB); spaces++) p++;
  return p;
}

type Before = Pick<Header, 'stamp' | 'priority' | 'epoch'> & {
  readonly prefix: DevicePrefix | undefined;
  readonly depth: number;
};

/** Reads host and program after the stamp, or a header within this one. */
function readAfter(state: ParseState, at: number, before: Before): Header | undefined {
  const { prefix, stamp, priority, epoch, depth } = before;
  let host = prefix?.name ?? (depth === 0 ? prefix?.module : undefined);
  let text = at;
  let lost = false;
  const isTag = state.bytes[at] === PERCENT;
  if (host === undefined && stamp !== undefined && !isTag && forwardedFrom(state, at) === undefined) {
    const found = hostAt(state, at);
    host = found?.host;
    text = found?.next ?? at;
  }
  const origin = stamp === undefined ? undefined : forwardedFrom(state, text);
  if (origin !== undefined) {
    lost = host !== undefined;
    host = origin;
    text = origin.to + 2;
  }
  const module = prefix?.module === host || prefix?.module === undefined ? undefined : wordOf(state, prefix.module);
  const notes = prefix === undefined ? NO_NOTES : notesOf(prefix, module);
  const inner = stamp === undefined || isMnemonic(state, text) ? undefined : readInner(state, text, depth);
  if (inner !== undefined) return joined(state, { ...before, host, notes, lost }, inner);
  const tail = readTail(state, text, host);
  if (stamp === undefined && tail.program === undefined) return undefined;
  return { stamp, notes, priority, epoch, ...tail, host: tail.device ?? host, lost: lost || tail.lost };
}

/** Whether a mnemonic is at `at`: no other header follows then. */
function isMnemonic({ bytes }: ParseState, at: number): boolean {
  return bytes[at] === PERCENT && bytes[at + 1] !== DOLLAR;
}

/** The host in what AIX writes for a line that it relays. */
export function forwardedFrom(state: ParseState, at: number, first = UPPER_M): Span | undefined {
  const match = state.bytes[at] === first ? FORWARDED.exec(state.head(at)) : null;
  if (match === null || !isHost(match[1]!)) return undefined;
  const to = at + match[0].length - 2;
  return { from: to - match[1]!.length, to };
}

/**
 * Reads the header that a relay put its own before; it must have a program, or the stamp of a
 * Meraki or a NetScaler.
 */
function readInner(state: ParseState, at: number, depth: number): Header | undefined {
  if (depth >= MAX_DEPTH || !HINT.test(state.head(at)) || isRepetition(state, at)) return undefined;
  let from = at;
  while (from < state.end && from < at + MAX_GAP && state.bytes[from] === SPACE) from++;
  const inner = readHeader(state, from, depth + 1);
  if (inner === undefined) return undefined;
  // A word before a stamp is a program, unless a mnemonic shows that it is a device.
  const named = inner.host?.from === from && !inner.mnemonic;
  return named || !isSure(inner) ? undefined : inner;
}

/** Whether a header cannot be the beginning of a text. */
export function isSure({ host, program, pid, mnemonic, epoch }: Header): boolean {
  return mnemonic || pid !== undefined || (host !== undefined && (program !== undefined || epoch));
}

type Outer = Pick<Header, 'stamp' | 'host' | 'notes' | 'lost'>;

/** What the device's header says, else what the relay's says. */
function joined(state: ParseState, outer: Outer, found: Header): Header {
  const inner = withoutAgent(state, outer, found);
  const host = inner.host ?? outer.host;
  const same =
    outer.host === undefined || inner.host === undefined || wordOf(state, outer.host) === wordOf(state, inner.host);
  return {
    ...inner,
    host,
    stamp: inner.stamp ?? outer.stamp,
    notes: joinNotes(outer.notes, inner.notes),
    lost: outer.lost || inner.lost || !same,
  };
}

/** Arista names the agent that speaks between host and mnemonic, and no number or stamp stands before it. */
export function withoutAgent(state: ParseState, outer: Pick<Header, 'host'>, inner: Header): Header {
  const { host, mnemonic, stamp, notes } = inner;
  if (outer.host === undefined || host === undefined || !mnemonic || stamp !== undefined) return inner;
  const agent = wordOf(state, host);
  if (notes.numbers.length > 0 || !AGENT.test(agent) || agent === wordOf(state, outer.host)) return inner;
  return { ...inner, host: undefined, notes: joinNotes(moduleNotes(agent), notes) };
}

/** What a part of a device that speaks becomes. */
export function moduleNotes(module: string): Notes {
  return { numbers: [], extra: [`module="${module}"`] };
}

/** A header that is only a tag. */
export function tagOnly(tag: Tag): Header {
  const nothing = { stamp: undefined, host: undefined, priority: undefined, device: undefined };
  return { ...nothing, ...tag, notes: NO_NOTES, note: '', lost: false, epoch: false };
}

/** Writes a header to the row. */
export function apply(state: ParseState, header: Header): void {
  const { batch, row } = state;
  if (header.priority !== undefined) batch.priority[row] = header.priority;
  if (header.stamp === undefined) state.flags |= BIT.noTimestamp;
  else state.setStamp(header.stamp);
  batch.format[row] = FORMAT.rfc3164;
  if (header.host === undefined) state.hostIsPeer(SPAN.hostname);
  else state.set(SPAN.hostname, header.host.from, header.host.to);
  putNotes(state, writeNotes(header.notes) + header.note);
  applyTail(state, header);
}

/** Writes program, process and text to the row. */
export function applyTail(state: ParseState, tail: Tail): void {
  if (tail.lost) state.keepRaw = true;
  if (tail.program !== undefined) state.set(SPAN.appname, tail.program.from, tail.program.to);
  if (tail.pid !== undefined) state.set(SPAN.procid, tail.pid.from, tail.pid.to);
  state.message(tail.text);
}

/**
 * Stores the numbers of a device as SD-ELEMENTs (RFC 5424 §7.3.1); without room for them, the frame
 * is kept.
 */
export function putNotes(state: ParseState, text: string): void {
  if (text === '') return;
  const offset = state.batch.put(Buffer.from(text, 'latin1'));
  if (offset === ABSENT) state.keepRaw = true;
  else state.set(SPAN.structuredData, offset, offset + text.length);
}
