import { SEVERITIES } from '../../model/priority.ts';
import type { Flag, Source } from '../args/flag.ts';
import type { Summarised } from '../asking/command.ts';

/** A shell whose completion can be printed. */
export type Shell = {
  readonly name: string;
  /** The whole completion of these commands, in the shell's language. */
  script(commands: readonly Summarised[]): string;
  /** The line that turns it on, and the file that it belongs into. */
  readonly install: string;
  readonly file: string;
};

/** Lists that need no server, by source. */
const LISTS: { readonly [Name in Source]?: readonly string[] } = {
  severity: SEVERITIES,
  time: ['now', 'today', 'yesterday', '-15m', '-1h', '-6h', '-1d', '-7d'],
};

/** What completes a value or a word: fixed words, or a source that the shell or the server has. */
export type Completion = { readonly list: readonly string[] } | { readonly source: Source } | undefined;

/** @param words fixed words, or what a source offers */
export function completionOf(words: Source | readonly string[] | undefined): Completion {
  if (words === undefined) return undefined;
  const list = typeof words === 'string' ? LISTS[words] : words;
  return list === undefined ? { source: words as Source } : { list };
}

/** What completes the value of a flag. */
export function flagCompletion({ choices, source }: Flag): Completion {
  return completionOf(choices ?? source);
}

/** Every way to write a flag: long names first. */
export function spellings({ name, aliases = [], short }: Flag): string[] {
  return [...[name, ...aliases].map((long) => `--${long}`), ...(short === undefined ? [] : [`-${short}`])];
}

/** Whether the next word is the value, whatever it is. */
export function takesValue({ value, otherwise }: Flag): boolean {
  return value !== undefined && otherwise === undefined;
}

/** The text as one word that bash and zsh leave as it is. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The first sentence or clause of a text, for lists in which each entry has one line. */
export function brief(text: string): string {
  return text.split(/; |\. /)[0]!.replace(/\.$/, '');
}

/** Text of a shell script in a template: `\\${` is written for the shell's own `${`. */
export function sh({ raw }: TemplateStringsArray): string {
  return raw.join('').replaceAll('\\${', '${');
}
