import { zoneWord } from '../zone-words.ts';

const OFFSET = /^ ?([+-])(\d\d):?(\d\d)(?=[ :\t]|$)/;
const ZULU = /^[Zz](?=[ :\t]|$)/;
const YEAR = /^ ((?:19|20)\d\d)(?=[ \t]|: |:\*?%|:?$)/;
/** A zone word, perhaps with an offset: `CET`, `UTC+1`, `GMT-07:30`. A mnemonic may follow at once. */
const WORD = /^ ([A-Za-z]{1,7})(?:([+-])(\d{1,2})(?::?(\d\d))?)?(?=[ :\t]|%[A-Z]|$)/;
/** Cisco's `clock timezone` takes any word of at most seven letters. */
const BEFORE_MNEMONIC = /^ ?: {1,2}\*?%(?!(?:ASA|FTD|PIX|FWSM)-)/;

/** What follows the time of a stamp. */
export type ZoneAfter = {
  /** Minutes east of UTC; undefined if no zone is known. */
  readonly offset: number | undefined;
  readonly year: string | undefined;
  /** Where the stamp ends. */
  readonly end: number;
};

/**
 * Reads a zone and a year after the time of a stamp, in either order. `certain`: the stamp is
 * Cisco's, so that an unknown word before a mnemonic is a zone and no host. `dated`: it has a year
 * already, so that another one is a number of the device.
 */
export function zoneAfter(
  head: string,
  at: number,
  stamp: { readonly certain: boolean; readonly dated: boolean },
): ZoneAfter {
  const before = stamp.dated ? null : YEAR.exec(head.slice(at));
  const from = at + (before?.[0].length ?? 0);
  const zone = readZone(head.slice(from), stamp.certain);
  const end = from + zone.length;
  const after = before === null && !stamp.dated ? YEAR.exec(head.slice(end)) : null;
  return { offset: zone.offset, year: before?.[1] ?? after?.[1], end: end + (after?.[0].length ?? 0) };
}

function readZone(text: string, certain: boolean): { offset: number | undefined; length: number } {
  const none = { offset: undefined, length: 0 };
  const plain = OFFSET.exec(text);
  if (plain !== null) {
    const offset = minutes(plain[1]!, plain[2]!, plain[3]!);
    return offset === undefined ? none : { offset, length: plain[0].length };
  }
  if (ZULU.test(text)) return { offset: 0, length: 1 };
  const match = WORD.exec(text);
  if (match === null) return none;
  const [whole, word, sign, hours, rest] = match;
  const known = zoneWord(word!);
  const length = whole.length;
  const next = text.slice(length);
  if (sign !== undefined) {
    return known === undefined ? none : { offset: minutes(sign, hours!, rest ?? '00'), length };
  }
  if (known !== undefined) {
    // In small letters, a zone word could be a host; a colon tells.
    const shown = /^(?: ?:|%)/.test(next) || word === word!.toUpperCase();
    return shown ? { offset: known ?? undefined, length } : none;
  }
  const capitals = word === word!.toUpperCase() && word!.length <= 5;
  return (certain || capitals) && BEFORE_MNEMONIC.test(next) ? { offset: undefined, length } : none;
}

function minutes(sign: string, hours: string, rest: string): number | undefined {
  const [h, m] = [Number(hours), Number(rest)];
  if (h > 23 || m > 59) return undefined;
  return sign === '-' ? -(h * 60 + m) || 0 : h * 60 + m;
}
