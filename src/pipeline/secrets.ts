import { isIPv6 } from 'node:net';

/** What `redact` knows by name, in the order in which it looks: an IPv6 address may hold an IPv4 one. */
export const SECRETS = ['ipv6', 'ipv4', 'email', 'card', 'bearer'] as const;
export type SecretName = (typeof SECRETS)[number];

/** Replaces what it finds in a text; the same text comes back where it finds nothing. */
export type Redactor = (text: string, replacement: string) => string;

const OCTET = '(?:25[0-5]|2[0-4]\\d|[01]?\\d?\\d)';
/** Four numbers up to 255, not a stretch of a longer row of numbers (a version, an OID). */
const IPV4 = new RegExp(`(?<!\\d|\\d\\.)${OCTET}(?:\\.${OCTET}){3}(?!\\d|\\.\\d)`, 'g');
/** Where an IPv6 address may lie; whether it is one is for `isIPv6`. */
const COLONS = /[0-9A-Fa-f:.]{2,}/g;
const WORD = /\w/;
/** A run of the characters of a name is entered at its start only, so that a long one costs no more than its length. */
const EMAIL = /(?<![\w.%+\-\x80-\uffff])[\w.%+\-\x80-\uffff]+@[\w\-\x80-\uffff]+(?:\.[\w\-\x80-\uffff]+)+/g;
/** Thirteen digits or more, in groups or not. */
const DIGITS = /\d(?:[ -]?\d){12,}/g;
/** A token after its scheme (RFC 6750 §2.1, RFC 7617), or a JSON Web Token anywhere (RFC 7519). */
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

/** Bytes without which there can be none: looked for first, since most texts hold none of all this. */
export const SIGNS: Readonly<Record<SecretName, (counts: Signs) => boolean>> = {
  ipv4: ({ dots, digits }) => dots >= 3 && digits >= 4,
  ipv6: ({ colons }) => colons >= 2,
  email: ({ ats, dots }) => ats >= 1 && dots >= 1,
  card: ({ digits }) => digits >= 13,
  bearer: ({ letters }) => letters >= 3,
};

/** How many there are of some characters. */
export type Signs = {
  readonly dots: number;
  readonly colons: number;
  readonly ats: number;
  readonly digits: number;
  readonly letters: number;
};

const KINDS = Uint8Array.from({ length: 256 }, (_, byte) => kindOf(byte));

/** Counts in bytes, once for all that is looked for. */
export function countSigns(bytes: Uint8Array): Signs {
  const counts = [0, 0, 0, 0, 0, 0];
  for (let at = 0; at < bytes.length; at++) counts[KINDS[bytes[at]!]!]!++;
  const [, dots, colons, ats, digits, letters] = counts as [number, number, number, number, number, number];
  return { dots, colons, ats, digits, letters };
}

function kindOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return 4;
  if ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) return 5;
  return Math.max(0, ['.', ':', '@'].indexOf(String.fromCharCode(byte)) + 1);
}

/** The address in a run of its characters, without what stands around it: `:` after a word, dots at the end. */
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

/** The numbers of cards in a row of groups of digits; each of 13 to 19 digits, whole groups, as Luhn's sum has them. */
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

/** The last group of the longest number of a card that begins with a group, -1 where none does. */
function cardFrom(groups: readonly { readonly digits: string }[], first: number): number {
  let number = '';
  let found = -1;
  for (let last = first; last < groups.length && number.length < 19; last++) {
    number += groups[last]!.digits;
    if (isCard(number)) found = last;
  }
  return found;
}

/** Numbers of issuers begin with 3 to 6, or with 22 to 27 (ISO/IEC 7812): no time in ms is taken for one. */
function isCard(number: string): boolean {
  if (!/^(?:[3-6]\d{12,18}|2[2-7]\d{14})$/.test(number)) return false;
  let sum = 0;
  for (let at = 0; at < number.length; at++) {
    const digit = Number(number[number.length - 1 - at]) * (at % 2 === 1 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
}
