import { isIP } from 'node:net';
import { ABSENT, SPAN } from '../model/batch.ts';
import { BIT, FORMAT } from './bits.ts';
import { hostEnd, pidEnd, readTag, tagEnd } from './bsd.ts';
import { readLastResort } from './last-resort.ts';
import { readAnyStamp } from './lenient-stamp.ts';
import type { ParseState } from './parse-state.ts';

const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
const OPEN = 0x5b;
const PERCENT = 0x25;
const UPPER_M = 0x4d;
const LOWER_L = 0x6c;
const LOWER_M = 0x6d;
/** Senders cut tags at this length, some of them inside `[pid]` (RFC 3164 §4.1.3). */
const TAG_CUT = 32;
const MAX_HOSTNAME = 255;
/** The most spaces after a stamp that do not belong to the text. */
const MAX_GAP = 4;
/** More characters than any IP address and a colon have. */
const LONGEST_ADDRESS = 64;
/** 1 for the bytes that IP addresses consist of. */
const IN_ADDRESS = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[0-9A-Fa-f:.]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/**
 * The prefix of network devices before the stamp: spaces or nothing (HP), or `: ` (NX-OS), a
 * sequence number, the name or address of the device, a second sequence number, a module of the
 * device (IOS XR). Instead of a stamp there may be the uptime of the device.
 */
const PREFIX =
  /^(?:: )?(?:(\d{1,10}): ?)?(?:(?!\d+(?:|:\d\d:\d\d|[ywdh]\d+[ywdh]): )([\w.:-]{1,255}): ?)??(?:(\d{1,10}): ?)?(?:(?!\d+[ywdh:])([\w/.-]{1,64}): ?)?(?:(\d+:\d\d:\d\d|\d+[ywdh]\d+[ywdh]): (?=%))? {0,4}(?=[*.]?(?:\d{4} {1,2})?[A-Za-z]{3} |[*.]?\d{4}-\d\d|%[A-Z])/;

/** An RFC 5424 header that `readRfc5424` could not read. */
const BROKEN_HEADER = /^\d{1,3} (?:- |\d{4}-\d)/;

/** A text that syslogd writes instead of a tag. */
const REPEATED = /^(?:last )?message repeated /;
/** A text that AIX writes instead of a host. */
const FORWARDED = /^Message forwarded from /;
/** A tag that is unmistakable even without a stamp before it. */
const SURE_TAG = /^(?:[\w./()-]{1,64}\[\d{1,10}\]: |%[A-Z][\w-]*-\d-\w+ ?:)/;

/**
 * Reads the text after PRI if the strict readers could not: any header that devices write (RFC 3164
 * §4.3), or else the whole text as the message. Without PRI and without a stamp, there is no
 * header.
 */
export function readLenient(state: ParseState, at: number, hasPriority: boolean): void {
  if (readStamped(state, at)) return;
  state.reset();
  if (hasPriority && readTagged(state, at)) return;
  state.reset();
  if (readLastResort(state, at)) return;
  state.reset();
  state.batch.format[state.row] = FORMAT.unknown;
  state.flags |= BIT.noTimestamp;
  if (BROKEN_HEADER.test(state.head(at))) state.flags |= BIT.parseError;
  state.hostIsPeer(SPAN.hostname);
  state.message(at);
}

/** Reads a header with a stamp. */
function readStamped(state: ParseState, at: number): boolean {
  const { bytes, end } = state;
  let p = readAnyStamp(state, at);
  let named = false;
  if (p < 0) {
    const prefix = PREFIX.exec(state.head(at));
    if (prefix === null || prefix[0] === '') return false;
    p = readAnyStamp(state, at + prefix[0].length);
    if (p < 0) return false;
    named = setPrefix(state, at, prefix);
  }
  state.takeStamp();
  state.batch.format[state.row] = FORMAT.rfc3164;
  // A colon may end the stamp; in IOS XR, a space comes before it.
  if (p < end && bytes[p] === COLON) p++;
  else if (p + 1 < end && bytes[p] === SPACE && bytes[p + 1] === COLON) p += 2;
  for (let spaces = 0; spaces < MAX_GAP && p < end && bytes[p] === SPACE; spaces++) p++;
  if (bytes[p] === UPPER_M && FORWARDED.test(state.head(p))) {
    state.hostIsPeer(SPAN.hostname);
    state.message(p);
    return true;
  }
  if (!named) p = readHost(state, p);
  // Cisco ASA writes `host : %ASA-…`.
  if (p + 2 < end && bytes[p] === COLON && bytes[p + 1] === SPACE && bytes[p + 2] === PERCENT) p += 2;
  state.message(readAnyTag(state, p));
  return true;
}

/** Sets the name and the numbers of a device. @returns whether it has a name */
function setPrefix(state: ParseState, at: number, prefix: RegExpExecArray): boolean {
  const [whole, first, name, second, module, uptime] = prefix;
  const host = name ?? module;
  if (host !== undefined) {
    const from = at + whole.indexOf(host, first === undefined ? 0 : first.length + 1);
    state.set(SPAN.hostname, from, from + host.length);
  }
  const extra = [
    ...(first !== undefined && second !== undefined ? [`sequence="${second}"`] : []),
    ...(name !== undefined && module !== undefined ? [`module="${module}"`] : []),
    ...(uptime !== undefined ? [`uptime="${uptime}"`] : []),
  ];
  const sequence = first ?? second;
  const elements = [
    ...(sequence === undefined ? [] : [`[meta sequenceId="${sequence}"]`]),
    ...(extra.length === 0 ? [] : [`[cisco@9 ${extra.join(' ')}]`]),
  ];
  if (elements.length > 0) putStructuredData(state, elements.join(''));
  return host !== undefined;
}

/**
 * Stores the numbers of a device as SD-ELEMENTs (RFC 5424 §7.3.1); without room for them, the frame
 * is kept.
 */
function putStructuredData(state: ParseState, text: string): void {
  const offset = state.batch.put(Buffer.from(text, 'latin1'));
  if (offset === ABSENT) state.keepRaw = true;
  else state.set(SPAN.structuredData, offset, offset + text.length);
}

/**
 * Reads a host name or address; without one, the host is the peer. @returns where the text after it
 * begins
 */
function readHost(state: ParseState, at: number): number {
  const { bytes, end } = state;
  let p = hostEnd(bytes, at, end);
  if (p < 0 || p - at > MAX_HOSTNAME || isRepetition(state, at)) p = addressEnd(state, at);
  if (p < 0) {
    state.hostIsPeer(SPAN.hostname);
    return at;
  }
  // `::` may end an IPv6 address; a single colon does not belong to it.
  state.set(SPAN.hostname, at, bytes[p - 1] === COLON && bytes[p - 2] !== COLON ? p - 1 : p);
  return p + 1;
}

function isRepetition(state: ParseState, at: number): boolean {
  const first = state.bytes[at];
  return (first === LOWER_L || first === LOWER_M) && REPEATED.test(state.head(at));
}

/** The index of the space after an IP address and an optional colon; -1 if there is no address. */
function addressEnd(state: ParseState, at: number): number {
  const { bytes, end } = state;
  let p = at;
  while (p < end && p - at <= LONGEST_ADDRESS && IN_ADDRESS[bytes[p]!] === 1) p++;
  if (p === at || p >= end || bytes[p] !== SPACE) return -1;
  const token = state.head(at).slice(0, p - at);
  return isIP(token) !== 0 || isIP(token.replace(/:$/, '')) !== 0 ? p : -1;
}

/** Reads a tag with or without a colon. @returns where the message begins */
function readAnyTag(state: ParseState, at: number): number {
  const { bytes, end } = state;
  if (isRepetition(state, at)) return at;
  const text = readTag(state, at);
  if (text >= 0) return text;
  const name = tagEnd(bytes, at, end);
  if (name === at || name >= end || !/[\w%/(.]/.test(String.fromCharCode(bytes[at]!))) return at;
  if (bytes[name] === OPEN) return readLoosePid(state, at, name);
  if (bytes[name] !== SPACE && bytes[name] !== TAB) return at;
  state.set(SPAN.appname, at, name);
  // Snare writes a list of fields that are separated by tabs: this tab belongs to it.
  if (bytes[name] === TAB) return name;
  const spaced = bytes[at] === PERCENT && name + 1 < end && bytes[name + 1] === COLON;
  if (!spaced) return name + 1;
  return name + 2 < end && bytes[name + 2] === SPACE ? name + 3 : name + 2;
}

/** Reads `name[pid]` without a colon, or cut inside the pid. @returns where the message begins */
function readLoosePid(state: ParseState, at: number, open: number): number {
  const { bytes, end } = state;
  let close = pidEnd(bytes, open + 1, end);
  let after = close + 1;
  if (close < 0) {
    if (at + TAG_CUT >= end || bytes[at + TAG_CUT] !== SPACE || open >= at + TAG_CUT) return at;
    close = at + TAG_CUT;
    after = close;
    if (bytes.subarray(open, close).includes(SPACE)) return at;
  }
  if (after < end && bytes[after] !== SPACE) return at;
  state.set(SPAN.appname, at, open);
  if (close > open + 1) state.set(SPAN.procid, open + 1, close);
  return after + 1;
}

/** Reads a header without a stamp, but with an unmistakable tag. */
function readTagged(state: ParseState, at: number): boolean {
  const head = state.head(at);
  const prefix = head.startsWith('%') ? null : PREFIX.exec(head);
  const from = at + (prefix?.[0].length ?? 0);
  if (!SURE_TAG.test(state.head(from))) return false;
  if (prefix === null || !setPrefix(state, at, prefix)) state.hostIsPeer(SPAN.hostname);
  state.flags |= BIT.noTimestamp;
  state.batch.format[state.row] = FORMAT.rfc3164;
  state.message(readAnyTag(state, from));
  return true;
}
