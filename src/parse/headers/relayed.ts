import { ABSENT, SPAN } from '../../model/batch.ts';
import { BIT } from '../bits.ts';
import { joinNotes, NO_NOTES, writeNotes } from './device-prefix.ts';
import {
  applyTail,
  forwardedFrom,
  type Header,
  HINT,
  isSure,
  moduleNotes,
  putNotes,
  readHeader,
  tagOnly,
  withoutAgent,
} from './header.ts';
import { isDoubtful, isHost, mayBeFacility } from '../names.ts';
import type { ParseState } from '../parse-state.ts';
import { readAnyStamp } from './lenient-stamp.ts';
import { stampOf } from '../stamp.ts';
import { type Span, tagAt, wordOf } from './tag.ts';
import { readTail, takeWord } from './tail.ts';

const SPACE = 0x20;
const MINUS = 0x2d;
const DOT = 0x2e;
const SLASH = 0x2f;
const COLON = 0x3a;
/** A sequence number of a device, or the VERSION before Meraki's stamp. */
const NUMBER = /^\d{1,10}$/;
const EPOCH = /^\d{9,10}\.\d+$/;
const LOWER_F = 0x66;
const NODE = /^\w+(?:\/\w+){2,}$/;
/** 1 for the bytes that names of devices and pairs of facility and level have, 2 for a slash. */
const MARK = tableOf({ ',.|:': 1, '/': 2 });
/** 1 for the marks that begin a device's header. */
const STARTS = tableOf({ '*%.:< ': 1 });

function tableOf(values: Readonly<Record<string, number>>): Uint8Array {
  const table = new Uint8Array(256);
  for (const [marks, value] of Object.entries(values)) for (const mark of marks) table[mark.charCodeAt(0)] = value;
  return table;
}

/**
 * Reads the header of a device behind a relay that wrote RFC 5424: rsyslog takes the first word of
 * what it cannot read for APP-NAME, and leaves PROCID, MSGID and STRUCTURED-DATA empty. The row has
 * been read as RFC 5424; it changes if the device's own header is found. `blank`: there was a blank
 * before the text, as rsyslog's templates write it.
 */
export function readBehindRelay(state: ParseState, blank: boolean): void {
  if (!mayHideHeader(state)) return;
  const app = spanOf(state, SPAN.appname);
  const host = spanOf(state, SPAN.hostname);
  const header = deviceHeader(state, { app, host, blank });
  if (header === undefined) return;
  const { batch, base, row } = state;
  if (header.priority !== undefined) batch.priority[row] = header.priority;
  if (header.stamp !== undefined) state.setStamp(header.stamp);
  batch.lengths[base + SPAN.appname] = ABSENT;
  if (header.host !== undefined) {
    if (host !== undefined && wordOf(state, host) !== wordOf(state, header.host)) state.keepRaw = true;
    state.flags &= ~BIT.noHostname;
    state.set(SPAN.hostname, header.host.from, header.host.to);
  }
  putNotes(state, writeNotes(header.notes) + header.note);
  applyTail(state, header);
}

type Relay = { readonly app: Span | undefined; readonly host: Span | undefined; readonly blank: boolean };

/** Reads the device's header, of which `app` may be the first word. */
function deviceHeader(state: ParseState, { app, host, blank }: Relay): Header | undefined {
  const at = state.batch.offsets[state.base + SPAN.message]!;
  const word = app === undefined ? '' : wordOf(state, app);
  const name = host === undefined ? '' : wordOf(state, host);
  if (word === 'forwarded' && name === 'Message') return forwarded(state, at);
  if (EPOCH.test(name) && isHost(word)) return epochHeader(state, { app, host, blank });
  if (word === '' || NUMBER.test(word)) {
    const inner = innerHeader(state, at);
    const numbers = inner === undefined || inner.epoch || word === '' ? [] : [word];
    return inner && { ...inner, notes: joinNotes({ numbers, extra: [] }, inner.notes) };
  }
  if (NODE.test(word)) {
    const inner = innerHeader(state, at);
    return inner && { ...inner, notes: joinNotes(inner.notes, moduleNotes(word)) };
  }
  const before = { device: undefined, note: '', lost: false };
  const read = takeWord(state, before, { word: app!, host });
  if (read !== undefined) {
    const tail = readTail(state, at, host);
    if (tail.program === undefined) return undefined;
    const device = tail.device ?? read.device;
    return { ...EMPTY, ...tail, host: device, device, note: read.note + tail.note, lost: read.lost || tail.lost };
  }
  if (!blank || !isHost(word)) return undefined;
  const inner = innerHeader(state, at);
  if (inner?.mnemonic !== true) return undefined;
  return inner.host === undefined ? withoutAgent(state, { host }, { ...inner, host: app }) : inner;
}

/** AIX: `Message forwarded from HOST: ` became HOSTNAME, APP-NAME and the start of the text. */
function forwarded(state: ParseState, at: number): Header | undefined {
  const host = forwardedFrom(state, at, LOWER_F);
  return host && { ...EMPTY, ...readTail(state, host.to + 2, host), host, lost: false };
}

/** Meraki: the stamp became HOSTNAME, the host APP-NAME. */
function epochHeader(state: ParseState, { app, host }: Relay): Header | undefined {
  const text = state.batch.offsets[state.base + SPAN.message]!;
  if (readAnyStamp(state, host!.from) < 0) return undefined;
  const tail = readTail(state, text, app);
  return { ...EMPTY, ...tail, stamp: stampOf(state.stamps), host: app, epoch: true };
}

const EMPTY = { stamp: undefined, notes: NO_NOTES, priority: undefined, host: undefined, epoch: false };

/** A header at the start of the text, or only a mnemonic. */
function innerHeader(state: ParseState, at: number): Header | undefined {
  if (!HINT.test(state.head(at))) return undefined;
  const inner = readHeader(state, at, 1);
  if (inner !== undefined) return isSure(inner) ? inner : undefined;
  const tag = tagAt(state, at);
  return tag?.mnemonic === true ? tagOnly(tag) : undefined;
}

function spanOf({ batch, base }: ParseState, name: number): Span | undefined {
  const from = batch.offsets[base + name]!;
  const length = batch.lengths[base + name]!;
  return length < 0 ? undefined : { from, to: from + length };
}

/**
 * Whether APP-NAME may be the first word of a device's header, or the text its beginning. The fast
 * path asks the same in `mayHideHeader`, and leaves the frame to the parser if so.
 */
function mayHideHeader(state: ParseState): boolean {
  const { batch, base, bytes, end } = state;
  const length = batch.lengths[base + SPAN.appname]!;
  const text = batch.offsets[base + SPAN.message]!;
  if (text + 4 < end && isHeaderStart(bytes, text, end)) return true;
  if (length < 0) return false;
  const at = batch.offsets[base + SPAN.appname]!;
  if (bytes[at]! < 0x41) return true;
  if (batch.lengths[base + SPAN.hostname]! >= 0) {
    const host = batch.offsets[base + SPAN.hostname]!;
    if (isEpochStart(bytes, host)) return true;
    if (beginsAlike(bytes, host, at, Math.min(batch.lengths[base + SPAN.hostname]!, length, 4))) return true;
  }
  let slashes = 0;
  for (let p = at; p < at + length; p++) {
    const mark = MARK[bytes[p]!]!;
    if (mark === 1) return true;
    slashes += mark >> 1;
  }
  return slashes > 1 || isDoubtful(bytes, at, at + length) || mayBeFacility(bytes, at, at + length);
}

/** Whether the word at `at` may be Meraki's stamp, which rsyslog takes for HOSTNAME. */
function isEpochStart(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 10] !== DOT) return false;
  for (let p = at; p < at + 4; p++) if ((bytes[p]! & 0xf0) !== 0x30) return false;
  return true;
}

/** Whether two words have the same first letters: then one may be the other once more. */
function beginsAlike(bytes: Uint8Array, a: number, b: number, letters: number): boolean {
  for (let i = 0; i < letters; i++) if (((bytes[a + i]! ^ bytes[b + i]!) & 0xdf) !== 0) return false;
  return true;
}

/** Whether a stamp, a number, a mnemonic or a mark of a device may begin at `at`. */
function isHeaderStart(bytes: Uint8Array, at: number, end: number): boolean {
  const first = bytes[at]!;
  if (first >= 0x30 && first <= 0x39 ? isNumberStart(bytes, at, end) : STARTS[first] === 1) return true;
  // `Nov 29`, `Sun Nov`
  return bytes[at + 3] === SPACE && (bytes[at + 4]! <= 0x39 || (at + 7 < end && bytes[at + 7] === SPACE));
}

/** Whether the digits at `at` may begin a stamp, or be a number of a device. */
function isNumberStart(bytes: Uint8Array, at: number, end: number): boolean {
  let p = at + 1;
  while (p < end && bytes[p]! >= 0x30 && bytes[p]! <= 0x39) p++;
  if (p >= end) return false;
  const mark = bytes[p];
  if (mark === DOT) return p - at === 4 || p - at > 8;
  return mark === COLON || mark === SPACE || mark === MINUS || mark === SLASH;
}
