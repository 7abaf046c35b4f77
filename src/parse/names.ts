import { isIP, isIPv4 } from 'node:net';
import { ZONE_NAMES, zoneWord } from './zone-words.ts';

/*
 * What can be a host and what can be a program: the one definition for every reader of headers. The
 * fields of a whole RFC 5424 header are what the sender says; in all other headers, these rules
 * decide which word is a field and which is text. docs/formats.md says the same for readers.
 *
 * A host is
 * - a name of letters, digits, `-`, `_` and `.`, also at its end, with `@`, `,`, `/` and `+` inside
 *   as devices write them (a name with a comma begins with a letter and has a digit), or
 * - an address, with or without brackets, with or without a zone id, or with the number of a unit in
 *   a stack of switches (`10.9.7.1-2`);
 * - never a number, a time, a date, a weekday, a month, a level, a facility with a level
 *   (`daemon.info`), a zone word, or the packet engine of a NetScaler (`0-PPE-0`). `-` is NILVALUE: no host.
 *
 * A program is
 * - a word before `: `, before a colon at the end, or before `[pid]` with or without a colon;
 * - two or three words before `[digits]:` if one of them has a capital (`Microsoft Word[14463]:`);
 * - `%FACILITY-n-MNEMONIC` (Cisco) or `%%01MODULE/n/…` (Huawei, H3C), also after other parts of a
 *   device's header;
 * - a word of exactly 32 bytes: RFC 3164 §4.1.3 cuts tags there;
 * - never a number, a date, a time, an address, a level or a zone word.
 *
 * A word that is neither stays in the message.
 */

const LEVELS = [
  ...['emerg', 'emergency', 'panic', 'alert', 'crit', 'critical', 'err', 'error', 'warn', 'warning'],
  ...['notice', 'info', 'information', 'informational', 'debug'],
];
const FACILITIES = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'security', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv'],
  ...['ftp', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const LONG_DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

const LEVEL = new Set(LEVELS);
const CALENDAR = new Set([...DAYS, ...LONG_DAYS, ...MONTHS]);
const level = `(?:${LEVELS.join('|')})`;
const facility = `(?:${FACILITIES.join('|')})`;
/** `daemon.info`, `auth|security:info` (AIX): no host. */
const PAIR = new RegExp(`^${facility}(?:[|]${facility})*[.:]${level}$`, 'i');
/** `notice`, `daemon`, `daemon.info`, `auth|security:info` (AIX). */
const SELECTOR = new RegExp(`^(?:${level}|${facility}(?:[|]${facility})*(?:[.:]${level})?)$`, 'i');

const NAME = /^[A-Za-z0-9_](?:[\w.@,/+-]*[\w.-])?$/;
const COMMA_NAME = /^(?=[A-Za-z][^\d]*\d)/;
/** A number, a time or a date: digits with marks between them. */
const NUMERIC = /^[\d.,:/+-]*$/;
/** The number of a unit in a stack, after the address of all. */
const UNIT = /^(\d[\d.]+)-\d{1,2}$/;
const PACKET_ENGINE = /^\d+-PPE-\d+$/;
const TAG = /^[\w.%/()@+$#*~\\-]+$/;
/** Cisco's and Huawei's mnemonics; the severity is a digit or a letter (`%SNMP-W-X`). */
const MNEMONIC = /^(?:%[A-Za-z][\w]*(?:-[\w.]+)*-(?:\d|[A-Z])-\w+|%%\d\d[\w-]+\/\d\/[\w-]+(?:\(\w+\))?)/;

/** Whether a word names a level, a facility or both, as some devices write before the program. */
export function isSelector(word: string): boolean {
  return SELECTOR.test(word);
}

/** Whether a word is an IP address, with or without brackets. */
export function isAddress(word: string): boolean {
  return isIP(word.startsWith('[') && word.endsWith(']') ? word.slice(1, -1) : word) !== 0;
}

/** Whether a word is an address with the number of a unit in a stack. */
function isUnit(word: string): boolean {
  const [, address] = UNIT.exec(word) ?? [];
  return address !== undefined && isIPv4(address);
}

/** Whether a word can be a host; see the definition above. */
export function isHost(word: string): boolean {
  if (isAddress(word)) return true;
  if (!NAME.test(word) || PACKET_ENGINE.test(word)) return false;
  if (NUMERIC.test(word)) return isUnit(word);
  if (word.includes(',') && !COMMA_NAME.test(word)) return false;
  return !isReserved(word) && !PAIR.test(word);
}

/** Whether a word before `:` or `[pid]` can be a program; see the definition above. */
export function isProgram(word: string): boolean {
  if (!TAG.test(word) || NUMERIC.test(word) || word.startsWith('@')) return false;
  return !isAddress(word) && !isReserved(word);
}

/** The length of the mnemonic of a device that begins the text; 0 if there is none. */
export function mnemonicLength(text: string): number {
  return MNEMONIC.exec(text)?.[0].length ?? 0;
}

function isReserved(word: string): boolean {
  const lower = word.toLowerCase();
  return LEVEL.has(lower) || CALENDAR.has(lower) || zoneWord(word) !== undefined;
}

/*
 * The usual lines ask a table by first byte, third byte and length: it answers in some nanoseconds
 * whether a word may be reserved, and the rare yes is looked at closely.
 */
const RESERVED = suspectsOf([...LEVELS, ...CALENDAR, ...ZONE_NAMES]);
/** With `daemon.info` and the like, which no host is, but many programs have the look of. */
const NO_HOSTS = suspectsOf(FACILITIES.flatMap((name) => LEVELS.map((word) => `${name}.${word}`))).map(
  (lengths, key) => lengths | RESERVED[key]!,
);
/** Without the facilities that are programs, too; with the word that AIX writes. */
const PROGRAMS = /^(?:kern|mail|syslog|lpr|news|uucp|cron|ftp)$/;
const FACILITY = suspectsOf([...FACILITIES.filter((word) => !PROGRAMS.test(word)), 'forwarded']);
/** Two tables for the fast path: of programs, with facilities, and of hosts. */
export const SUSPECTS = new Uint32Array([...RESERVED.map((lengths, key) => lengths | FACILITY[key]!), ...NO_HOSTS]);

/** For each first and third byte, a bit for each length of a word that has them. */
function suspectsOf(words: readonly string[]): Uint32Array {
  const lengths = new Uint32Array(1024);
  for (const word of words) {
    if (word.length > 2) lengths[keyOf(word.charCodeAt(0), word.charCodeAt(2))]! |= 1 << word.length;
  }
  return lengths;
}

function keyOf(first: number, third: number): number {
  return (first & 31) | ((third & 31) << 5);
}

/**
 * Whether the word [from, to) may be one that is neither a host nor a program: it begins with a
 * digit or is perhaps reserved. `isHost` and `isProgram` then decide.
 */
export function isDoubtful(bytes: Uint8Array, from: number, to: number, words = RESERVED): boolean {
  const first = bytes[from]!;
  if (first <= 0x39) return first >= 0x30;
  const length = to - from;
  if (length < 3) return first === 0x5a;
  return length < 32 && ((words[keyOf(first, bytes[from + 2]!)]! >>> length) & 1) === 1;
}

/** The same for a word that stands for a host: `isHost` then decides. */
export function isDoubtfulHost(bytes: Uint8Array, from: number, to: number): boolean {
  return isDoubtful(bytes, from, to, NO_HOSTS);
}

/** Whether the word [from, to) may name a facility; `isSelector` then decides. */
export function mayBeFacility(bytes: Uint8Array, from: number, to: number): boolean {
  const length = to - from;
  return length > 2 && length < 32 && ((FACILITY[keyOf(bytes[from]!, bytes[from + 2]!)]! >>> length) & 1) === 1;
}

/** SD-IDs that IANA has registered. */
const REGISTERED = new Set(['timeQuality', 'origin', 'meta', 'snmp', 'ssign', 'ssign-cert', 'PCNNode', 'PCNTerm']);

/** Whether an SD-ELEMENT without parameters has an SD-ID of RFC 5424 §6.3.2. */
export function isKnownElement(id: string): boolean {
  return id.includes('@') || REGISTERED.has(id);
}
