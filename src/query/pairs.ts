import { fieldType, parseFieldName } from '../model/fields.ts';
import type { Filter } from '../model/filter.ts';
import { or } from './build.ts';
import { fieldOf } from './names.ts';
import { type Term, wordTerm } from './terms.ts';
import { isPlainValue, quote, quoteGlob } from './write.ts';

/** A term of a conjunction, and the field of a pair `field=value` that no AND stands before. */
export type Part = { readonly filter: Filter; readonly pair: string | undefined };

/** The field of a pair `field=value`. */
export type PairField = {
  readonly field: string;
  /** Whether programs write such pairs into their texts, too. */
  readonly maybeText: boolean;
  /** Whether the value is the name of a unit of systemd. */
  readonly unit: boolean;
};

/** journalctl's names of fields. */
const JOURNAL: Readonly<Record<string, string>> = {
  _HOSTNAME: 'hostname',
  SYSLOG_IDENTIFIER: 'appname',
  _COMM: 'appname',
  _SYSTEMD_UNIT: 'appname',
  UNIT: 'appname',
  _PID: 'procid',
  SYSLOG_PID: 'procid',
  PRIORITY: 'severity',
  SYSLOG_FACILITY: 'facility',
  MESSAGE: 'message',
};
/** Full names of fields that are also words of logfmt and the like. */
const ALSO_TEXT = new Set(['level', 'message', 'version', 'length', 'format', 'flags', 'stream', 'timestamp']);

/**
 * The field that the left side of `name=value` means: a full field name, `host`, `app` or a name of
 * journalctl. `time=30ms` and `size=4` are more likely text of a message.
 */
export function isPairField(name: string): PairField | undefined {
  const journal = Object.hasOwn(JOURNAL, name) ? JOURNAL[name] : undefined;
  const field = journal ?? (parseFieldName(name) || /^(host|app)$/i.test(name) ? fieldOf(name) : undefined);
  if (field === undefined) return undefined;
  return { field, maybeText: ALSO_TEXT.has(name), unit: /UNIT$/.test(name) && journal !== undefined };
}

/** The value of a pair: literal but for `*` and `?`. */
export function pairTerm({ unit }: PairField, value: string): Term {
  const text = unit ? value.replace(/\.service$/, '') : value;
  if (/[*?]/.test(text)) return wordTerm([...text].map((each) => ({ text: each, wild: each === '*' || each === '?' })));
  return { text, quoted: !isPlainValue(text) };
}

/** A word that is a pair and nothing else: its field, and its value as `field:` takes it. */
export function pairOfWord(word: string): { readonly field: string; readonly value: string } | undefined {
  const [, name, value] = /^(sd\.[^\s()\\:<>=]+|[^\s"()\\:<>=]+)=((?![=~'])[^\s()"]+)$/.exec(word) ?? [];
  const pair = name === undefined ? undefined : isPairField(name);
  if (!pair || value === undefined || /^[-+!]/.test(word)) return undefined;
  const { text, quoted, glob } = pairTerm(pair, value);
  return { field: pair.field, value: glob !== undefined ? quoteGlob(text) : quoted ? quote(text) : text };
}

/** The field of `name<=value`, if its values can be compared; a name that is likely text is none. */
export function comparable(name: string): string | undefined {
  const field = fieldOf(name);
  if (field === undefined || !(parseFieldName(name) || /^(?:sev|pri|priority|fac|pid)$/i.test(name))) return undefined;
  const kind = parseFieldName(field)?.kind;
  return kind !== 'known' || fieldType(field) !== 'text' || field === 'procid' || field === 'level' ? field : undefined;
}

/** Pairs side by side with one field match either value. */
export function joinPairs(parts: readonly Part[]): Filter[] {
  const joined: { filters: Filter[]; pair: string | undefined }[] = [];
  for (const { filter, pair } of parts) {
    const same = pair === undefined ? undefined : joined.find((each) => each.pair === pair);
    if (same) same.filters.push(filter);
    else joined.push({ filters: [filter], pair });
  }
  return joined.map(({ filters }) => or(filters));
}
