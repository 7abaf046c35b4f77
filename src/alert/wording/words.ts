import { formatFull } from '../../query/index.ts';
import type { Notice } from '../contract.ts';
import { plain } from './plain.ts';

/** Characters of a subject, RFC 5322 §2.1.1 leaves room for more; a phone shows fewer. */
const MAX_SUBJECT = 200;

/** What is true of a notice in words, for every way of telling; no text of a log is escaped yet. */
export type Wording = {
  readonly subject: string;
  /** State, where, how many, since when. */
  readonly headline: string;
  /** Why it was told, one line each. */
  readonly reasons: readonly string[];
  /** Further things to read, each under its title. */
  readonly sections?: readonly { readonly title: string; readonly lines: readonly string[] }[];
  /** What is uncertain. */
  readonly doubts: readonly string[];
  /** What to do next, as commands. */
  readonly commands: readonly { readonly what: string; readonly command: string }[];
  readonly next?: string;
};

/** A subject that fits, as people may see it. */
export function cut(text: string): string {
  const chars = [...plain(text)];
  return chars.length > MAX_SUBJECT ? `${chars.slice(0, MAX_SUBJECT - 1).join('')}…` : chars.join('');
}

/** A time in the rule's zone, `2026-11-22 16:20:01 +01:00`. */
export function timeOf(ms: number, { timezone }: Pick<Notice, 'timezone'>): string {
  return formatFull(ms, timezone).replace(/\.\d{3}/, '');
}
