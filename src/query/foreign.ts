import type { Filter } from '../model/filter.ts';
import { isPairField, type PairField, pairTerm } from './pairs.ts';
import { inQuotes, QUOTED } from './scan.ts';
import { patternFilter, type Term, termFilter } from './terms.ts';
import type { TimeContext } from './time.ts';

/** What SQL, LogQL and other languages write between a field and its value. A single `=` needs a blank or a `'`. */
const COMPARED = /([^\s"()\\:<>=!~]+)(\s*)(==|!=|<>|=~|!~|=(?=\s|'))(\s*)/y;
const SINGLE_QUOTED = /'([^']*)'(?=[\s)]|$)/y;
const BARE = /[^\s()"]+/y;

/** A comparison in the way of another language. */
export type ForeignTerm = {
  readonly pair: PairField;
  readonly negated: boolean;
  readonly value: { readonly term: Term } | { readonly pattern: string };
  /** Where the value begins, and where the term ends. */
  readonly valueAt: number;
  readonly end: number;
  /** How it was read, if it may also be text. */
  readonly hint: string | undefined;
};

/** Reads `host!=web1`, `host == "web1"`, `host='web1'`, `host=~"web.*"`; undefined if no such term begins there. */
export function foreignTerm(text: string, at: number): ForeignTerm | undefined {
  const [all, name = '', before, operator = '', after] = matchAt(COMPARED, text, at) ?? [];
  const pair = all === undefined ? undefined : isPairField(name);
  if (!pair) return undefined;
  const valueAt = at + all!.length;
  const single = matchAt(SINGLE_QUOTED, text, valueAt);
  const quoted = single ?? matchAt(QUOTED, text, valueAt);
  const match = quoted ?? matchAt(BARE, text, valueAt);
  if (!match) return undefined;
  const written = single ? single[1]! : quoted ? inQuotes(quoted[1]!) : match[0];
  const term = quoted ? { text: written, quoted: true } : pairTerm(pair, written);
  const isText = before !== '' || after !== '' || pair.maybeText;
  return {
    pair,
    negated: operator.startsWith('!') || operator === '<>',
    value: operator.endsWith('~') ? { pattern: `^(?:${written})$` } : { term },
    valueAt,
    end: valueAt + match[0].length,
    hint: isText ? `${all!.trim()} was read as the field ${pair.field}; for the text, put it in quotes` : undefined,
  };
}

function matchAt(regexp: RegExp, text: string, at: number): RegExpExecArray | null {
  regexp.lastIndex = at;
  return regexp.exec(text);
}

/** Signs of other query languages that are text here, and what to write instead. */
const SIGNS: readonly (readonly [sign: RegExp, instead: string])[] = [
  [/^\s*\{\s*\w+\s*[!=]/, 'labels in braces were read as text; write host:web1 app:nginx'],
  [
    /(?:^|\s)\|\s*(?:[=~]|[a-z])/,
    '| was read as text; write further terms beside the first, and count with cordwood count, top or hist',
  ],
  [/(?:^|\s)[^\s|]+\|[^\s|]+(?:\s|$)/, '| was read as text; write OR between the two'],
  [/^\s*select\s.*\sfrom\s/i, 'SQL was read as text; write terms, e.g. host:web1 severity:<=err'],
  [
    /(?:^|\s)(?:host|hostname|app|appname|program|severity|level|facility|pid|message)\s+(?:not\s+)?like\s/i,
    '"like" was read as text; write message:*part*',
  ],
  [
    /(?:^|\s)(?:host|hostname|app|appname|program|severity|level|facility|pid|message)\s+in\s*\(/i,
    '"in" was read as text; write host:(web1 OR web2)',
  ],
  [
    /(?:^|\s)(?:host|hostname|app|appname|program|severity|level|facility|pid|message)\s+is\s+(?:not\s+)?null\b/i,
    '"is null" was read as text; write -_exists_:host, or _exists_:host',
  ],
  [
    /(?:^|[\s(])(?:severity|priority|level|sev|pri)(?::|\s*(?=>))>=?\s*[a-z0-9]/i,
    'severities above another are less severe, since emerg is 0 and debug is 7; for err and worse write severity:<=err',
  ],
  [/(?:^|\s)%[a-z]\S*%(?:\s|$)/i, '% was read as text; wildcards are * for any characters and ? for one'],
  [/\w(?:~\d*|\^[\d.]+)(?:\s|$)/, '~ and ^ behind a word were read as text; there is no fuzzy search and no boost'],
  [/(?:^|\s)\^\w|[a-z]\.[*+]\w/i, 'a pattern was read as text; write it between slashes: /^foo.*/'],
  [/(?:^|\s)(?!__)_[A-Z_]+=\S/, 'this field of journalctl is not stored, and was read as text'],
];

/** Hints about signs of other languages in a query. What is in quotes or between slashes is left out. */
export function foreignHints(query: string): string[] {
  const bare = query.replace(/"(?:[^"\\]|\\[\s\S])*"|(?<=^|[\s(:])\/(?:[^/\\]|\\[\s\S])*\/|\\[\s\S]/g, '""');
  const found = SIGNS.find(([sign]) => sign.test(bare));
  return found && !isKnownJournalField(bare, found[0]) ? [found[1]] : [];
}

function isKnownJournalField(bare: string, sign: RegExp): boolean {
  const [, name] = /(?:^|\s)(_[A-Z_]+)=/.exec(bare) ?? [];
  return sign === SIGNS.at(-1)![0] && name !== undefined && isPairField(name) !== undefined;
}

/** The filter of a foreign term. @throws InvalidTerm, PatternError if its value does not suit its field */
export function foreignFilter({ pair, value, negated }: ForeignTerm, context: TimeContext): Filter {
  const of =
    'term' in value ? termFilter(pair.field, value.term, context) : patternFilter(pair.field, value.pattern, false);
  return negated ? { kind: 'not', of } : of;
}
