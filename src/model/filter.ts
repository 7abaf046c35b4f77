/**
 * The conditions of a query on one message. `matches()` defines them; the translation of each store
 * must agree. A condition on a field that the message does not have is false; its `not` is true.
 */
export type Filter =
  | { readonly kind: 'all' }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly kind: 'not'; readonly of: Filter }
  /** A whole token of `field`, in any case; `token` is folded already. Only for text fields. */
  | { readonly kind: 'word'; readonly field: string; readonly token: string }
  /** A substring of `field`, in any case; `text` is folded already. */
  | { readonly kind: 'substring'; readonly field: string; readonly text: string }
  /**
   * A substring of `field` that does not cut a token: if `text` begins or ends with a character of
   * a token, the value has no such character before or after it, except on an `open` side. Folded
   * already. `10.0.0.1`; `web*` is open at its end.
   */
  | { readonly kind: 'phrase'; readonly field: string; readonly text: string; readonly open?: 'start' | 'end' }
  /**
   * The whole value, in any case: `*` is any run of characters, `?` any single one, `\` makes the
   * next one literal. `glob` is folded already. `globMatcher` reads it.
   */
  | { readonly kind: 'glob'; readonly field: string; readonly glob: string }
  /** The whole value, in any case; `value` is folded already. */
  | { readonly kind: 'equals'; readonly field: string; readonly value: string }
  /** A pattern in RE2 syntax, found anywhere in the value unless it is anchored. */
  | { readonly kind: 'pattern'; readonly field: string; readonly source: string; readonly ignoreCase: boolean }
  /**
   * A number (facility, severity, length, …) or a time in ms (`timestamp`, `received_at`); bounds
   * are included by default.
   */
  | {
      readonly kind: 'range';
      readonly field: string;
      readonly min?: number;
      readonly max?: number;
      readonly excludeMin?: boolean;
      readonly excludeMax?: boolean;
    }
  /** The field is present. */
  | { readonly kind: 'exists'; readonly field: string };

/** A condition on one field. */
export type TermFilter = Exclude<Filter, { readonly kind: 'all' | 'and' | 'or' | 'not' }>;

/** How to build a result from the results of a filter's parts, in their order. */
export type FilterFold<Result> = {
  readonly all: () => Result;
  readonly and: (parts: readonly Result[]) => Result;
  readonly or: (parts: readonly Result[]) => Result;
  readonly not: (part: Result) => Result;
  readonly term: (filter: TermFilter) => Result;
};

/** Builds a result from a filter, innermost parts first. */
export function foldFilter<Result>(filter: Filter, fold: FilterFold<Result>): Result {
  switch (filter.kind) {
    case 'all':
      return fold.all();
    case 'and':
    case 'or':
      return fold[filter.kind](filter.of.map((part) => foldFilter(part, fold)));
    case 'not':
      return fold.not(foldFilter(filter.of, fold));
    default:
      return fold.term(filter);
  }
}

/**
 * Fields for filters, `top`, `hist --by` and `--fields`; `sd.<id>.<name>` and `fields.<name>` are
 * possible, too.
 */
export const FIELD_NAMES = [
  '_id',
  'received_at',
  'timestamp',
  'facility',
  'severity',
  'level',
  'hostname',
  'appname',
  'procid',
  'msgid',
  'version',
  'message',
  'source.ip',
  'source.port',
  'source.transport',
  'source.listener',
  'source.peer_cn',
  'stream',
  'format',
  'flags',
  'length',
] as const;
export type FieldName = (typeof FIELD_NAMES)[number];

/**
 * The field of a term that names none: what a person sees of the line. Its values are those of
 * `LINE_TEXTS`, of structured data and of `fields`; a condition holds if it holds for one of them.
 */
export const LINE = 'line';

/** The columns among the values of `LINE`. */
export const LINE_TEXTS = ['message', 'hostname', 'appname', 'procid', 'msgid'] as const;

/** The fields that a filter names, as often as it names them. */
export function fieldsIn(filter: Filter): readonly string[] {
  return foldFilter<readonly string[]>(filter, {
    all: () => [],
    and: (parts) => parts.flat(),
    or: (parts) => parts.flat(),
    not: (part) => part,
    term: ({ field }) => [field],
  });
}
