import { isIPv6 } from 'node:net';
import { ByteFinder } from '../base/text/byte-finder.ts';

/**
 * The secrets that `redact` knows by name, in the order of the search: an IPv6 address may contain
 * an IPv4 address.
 */
export const SECRETS = ['ipv6', 'ipv4', 'email', 'card', 'bearer'] as const;
export type SecretName = (typeof SECRETS)[number];

/** Replaces what it finds in a text; returns the same text if it finds nothing. */
export type Redactor = (text: string, replacement: string) => string;

const OCTET = '(?:25[0-5]|2[0-4]\\d|[01]?\\d?\\d)';
/** Four numbers up to 255 that are not part of a longer row of numbers (a version, an OID). */
const IPV4 = new RegExp(`(?<!\\d|\\d\\.)${OCTET}(?:\\.${OCTET}){3}(?!\\d|\\.\\d)`, 'g');
/** A run of characters that may contain an IPv6 address; `isIPv6` decides. */
const COLONS = /[0-9A-Fa-f:.]{2,}/g;
const WORD = /\w/;
/**
 * The search enters a run of name characters only at its start, so that a long run costs linear
 * time.
 */
const EMAIL = /(?<![\w.%+\-\x80-\uffff])[\w.%+\-\x80-\uffff]+@[\w\-\x80-\uffff]+(?:\.[\w\-\x80-\uffff]+)+/g;
/** At least thirteen digits, in groups or not. */
const DIGITS = /\d(?:[ -]?\d){12,}/g;
/** A token after its scheme (RFC 6750 §2.1, RFC 7617), or a JSON Web Token (RFC 7519). */
const BEARER = /\b(bearer|basic)(\s+)[\w\-.~+/]{6,}=*|(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/gi;

export const REDACTORS: Readonly<Record<SecretName, Redactor>> = {
  ipv4: (text, replacement) => text.replace(IPV4, () => replacement),
  ipv6: (text, replacement) =>
    text.replace(COLONS, (run, at: number) => {
      if (WORD.test(text[at + run.length] ?? '')) return run;
      return redactIpv6(run, WORD.test(text[at - 1] ?? ''), replacement);
    }),
  email: (text, replacement) => text.replace(EMAIL, () => replacement),
  card: (text, replacement) => text.replace(DIGITS, (run) => redactCards(run, replacement)),
  bearer: (text, replacement) =>
    text.replace(BEARER, (_, scheme?: string, gap?: string) =>
      scheme === undefined ? replacement : scheme + gap + replacement,
    ),
};

/**
 * Signs without which a text cannot contain a secret. They are checked first, because most texts
 * contain none.
 */
export const SIGNS: Readonly<Record<SecretName, (signs: Signs, bytes: Buffer, from: number, end: number) => boolean>> =
  {
    ipv4: ({ dots }) => dots >= 3,
    ipv6: ({ doubleColon, colons }) => doubleColon || colons >= 6,
    email: ({ ats }) => ats >= 1,
    card: ({ digits }) => digits >= 13,
    bearer: (_, bytes, from, end) => SCHEMES.some((finder) => finder.find(bytes, from, end) >= 0),
  };

/** What one pass over the bytes of a text finds. */
export type Signs = {
  /** Dots after a digit. */
  readonly dots: number;
  readonly colons: number;
  readonly doubleColon: boolean;
  readonly ats: number;
  /** The longest row of digits, with at most one space or dash between two digits. */
  readonly digits: number;
};

const DOT = 0x2e;
const COLON = 0x3a;
const AT = 0x40;
const ZERO = 0x30;
const NINE = 0x39;
const SPACE = 0x20;
const DASH = 0x2d;
/** Words that tokens come after or begin with. */
const SCHEMES = ['bearer', 'basic', 'eyj'].map((word) => new ByteFinder(word));

/** Reads the bytes once, for all signs. */
export function readSigns(bytes: Buffer, from: number, end: number): Signs {
  let dots = 0;
  let colons = 0;
  let doubleColon = false;
  let ats = 0;
  let digits = 0;
  let most = 0;
  let before = 0;
  for (let at = from; at < end; at++) {
    const byte = bytes[at]!;
    // Most bytes are letters or beyond ASCII.
    if (byte > AT) {
      digits = 0;
    } else if (byte >= ZERO && byte <= NINE) {
      if (++digits > most) most = digits;
    } else {
      if (!((byte === SPACE || byte === DASH) && before >= ZERO && before <= NINE)) digits = 0;
      if (byte === COLON) {
        colons++;
        doubleColon ||= before === COLON;
      } else if (byte === AT) {
        ats++;
      } else if (byte === DOT && before >= ZERO && before <= NINE) {
        dots++;
      }
    }
    before = byte;
  }
  return { dots, colons, doubleColon, ats, digits: most };
}

/**
 * Replaces the address in a run of address characters. A `:` after a word and dots at the end do
 * not belong to it.
 */
function redactIpv6(run: string, afterWord: boolean, replacement: string): string {
  const colon = run.indexOf(':');
  if (colon < 0 || run.indexOf(':', colon + 1) < 0) return run;
  const starts = afterWord ? [colon + 1] : colon === 0 ? [0, 1] : [0];
  for (const start of starts) {
    for (let end = run.length; end > start + 2; end--) {
      if (isIPv6(run.slice(start, end))) return run.slice(0, start) + replacement + run.slice(end);
      if (!'.:'.includes(run[end - 1]!)) break;
    }
  }
  return run;
}

/**
 * Replaces card numbers in a row of groups of digits: whole groups, 13 to 19 digits in all, with a
 * valid Luhn sum.
 */
function redactCards(run: string, replacement: string): string {
  const groups = [...run.matchAll(/\d+/g)].map(({ 0: digits, index }) => ({ digits, index }));
  let out = '';
  let done = 0;
  for (let first = 0; first < groups.length; first++) {
    const last = cardFrom(groups, first);
    if (last < 0) continue;
    const { digits, index } = groups[last]!;
    out += run.slice(done, groups[first]!.index) + replacement;
    done = index + digits.length;
    first = last;
  }
  return out + run.slice(done);
}

/** The last group of the longest card number that begins with a group; -1 if none does. */
function cardFrom(groups: readonly { readonly digits: string }[], first: number): number {
  let number = '';
  let found = -1;
  for (let last = first; last < groups.length && number.length < 19; last++) {
    number += groups[last]!.digits;
    if (isCard(number)) found = last;
  }
  return found;
}

/**
 * Card numbers begin with 3 to 6, or with 22 to 27 (ISO/IEC 7812), so that a time in ms does not
 * count as one.
 */
function isCard(number: string): boolean {
  if (!/^(?:[3-6]\d{12,18}|2[2-7]\d{14})$/.test(number)) return false;
  let sum = 0;
  for (let at = 0; at < number.length; at++) {
    const digit = Number(number[number.length - 1 - at]) * (at % 2 === 1 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
}
