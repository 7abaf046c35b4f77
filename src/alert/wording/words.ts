import { formatFull } from '../../query/index.ts';
import type { Notice } from '../notices/notice.ts';
import type { Link } from './links.ts';
import { plain } from './plain.ts';

/** Characters of a subject; RFC 5322 §2.1.1 would allow more, a phone shows fewer. */
const MAX_SUBJECT = 200;

/** A notice in words, for every channel; text from logs is not escaped yet. */
export type Wording = {
  readonly subject: string;
  /** State, host, count, since when. */
  readonly headline: string;
  /** Why it was sent, one line each. */
  readonly reasons: readonly string[];
  /** Further details, each section under its title. */
  readonly sections?: readonly { readonly title: string; readonly lines: readonly string[] }[];
  /** What is uncertain about it. */
  readonly doubts: readonly string[];
  /** What to do next, as commands. */
  readonly commands: readonly { readonly what: string; readonly command: string }[];
  /** The same on the web page, if it has an address. */
  readonly links?: readonly Link[];
  /** When the next notice comes. */
  readonly next?: string;
};

/** A subject that fits, with invisible characters written out. */
export function cut(text: string): string {
  const chars = [...plain(text)];
  return chars.length > MAX_SUBJECT ? `${chars.slice(0, MAX_SUBJECT - 1).join('')}…` : chars.join('');
}

/** A time in the rule's zone, `2026-11-22 16:20:01 +01:00`. */
export function timeOf(ms: number, { timezone }: Pick<Notice, 'timezone'>): string {
  return formatFull(ms, timezone).replace(/\.\d{3}/, '');
}

/** A text as one argument of a shell command. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The first `most` of a list, and how many more there are. */
export function list(all: readonly string[], most: number, between = ', '): string {
  const shown = all.slice(0, most).join(between);
  return all.length > most ? `${shown}${between}${all.length - most} more` : shown;
}
