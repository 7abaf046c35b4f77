/** What a shell completes by itself: the paths of files or of folders. */
const PATHS = ['file', 'folder'] as const;
/** Lists that are the same everywhere, so that completion needs no server. */
const LISTS = ['severity', 'facility', 'time', 'zone'] as const;
/** Names that only a server knows, and queries, which consist of such names. */
const NAMES = [
  'host',
  'program',
  'stream',
  'listener',
  'rule',
  'incident',
  'alert',
  'hold',
  'forward',
  'field',
  'query',
] as const;

/** What a value or a word is, so that shells can complete it. */
export const SOURCES = [...PATHS, ...LISTS, ...NAMES] as const;
export type Source = (typeof SOURCES)[number];

/** A flag of a command: how it is read, and what the help says about it. */
export type Flag = {
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** Further long names. */
  readonly aliases?: readonly string[];
  /** The name of its value in the help. A flag without it takes no value. */
  readonly value?: string;
  /** The value if none follows; then only a word that matches `takes` is read as the value. */
  readonly otherwise?: { readonly value: string; readonly takes: RegExp };
  readonly choices?: readonly string[];
  /** What its value is, if it has no `choices`; without it, shells complete nothing. */
  readonly source?: Source;
  /** Whether it may be given more than once; otherwise the last one counts. */
  readonly many?: true;
  readonly group: string;
  readonly help: string;
};
