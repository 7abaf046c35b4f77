import { tokensOf } from '../../../model/tokens.ts';
import { ByteReader } from '../format/bytes.ts';
import { Dictionary } from '../format/dictionary.ts';
import { LINE_FEED } from '../format/format.ts';
import { isFiltered } from '../format/token-filter.ts';

type Add = (token: string) => void;

const BACKSLASH = 0x5c;

/**
 * Adds the tokens of a written dictionary. Numbers are left out: there may be thousands of process
 * ids. @returns whether all entries are numbers
 */
export function addEntryTokens(written: Uint8Array, add: Add): boolean {
  if (isDecimal(written)) return true;
  const dictionary = new Dictionary(new ByteReader(Buffer.from(written)));
  for (const text of dictionary.texts()) if (text !== undefined && !/^\d*$/.test(text)) addTokens(text, add);
  return false;
}

/**
 * Adds the tokens of the values of fields that are written with a backslash: an escape such as `\n`
 * would be read as part of the token after it. @param lines the JSON of rows, each ended by a line feed
 */
export function addEscapedTokens(lines: Buffer, add: Add): void {
  for (let hit = lines.indexOf(BACKSLASH); hit >= 0; ) {
    const start = hit === 0 ? 0 : lines.lastIndexOf(LINE_FEED, hit) + 1;
    const end = lines.indexOf(LINE_FEED, hit);
    for (const text of textsIn(lines.toString('utf8', start, end))) addTokens(text, add);
    hit = lines.indexOf(BACKSLASH, end);
  }
}

/** All texts within JSON; none if it is not JSON. */
function textsIn(json: string): string[] {
  const texts: string[] = [];
  try {
    JSON.parse(json, (_key, value) => {
      if (typeof value === 'string') texts.push(value);
      return value;
    });
  } catch {
    // Reading the row fails as well, and says so.
  }
  return texts;
}

function addTokens(text: string, add: Add): void {
  for (const token of tokensOf(text)) if (isFiltered(token)) add(token);
}

/** Whether the texts of a written dictionary consist of digits: passes over the lengths before them. */
function isDecimal(written: Uint8Array): boolean {
  let [at, entries, shift] = [0, 0, 0];
  do {
    entries |= (written[at]! & 0x7f) << shift;
    shift += 7;
  } while (written[at++]! > 0x7f);
  for (; entries > 0; at++) if (written[at]! < 0x80) entries--;
  for (; at < written.length; at++) if (written[at]! < 0x30 || written[at]! > 0x39) return false;
  return true;
}
