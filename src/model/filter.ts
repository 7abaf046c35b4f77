/**
 * What a query asks of one message. `matches()` decides it; each store's translation must agree.
 * A term that names a field the message lacks does not match; `not` of it does.
 */
export type Filter =
  | { readonly kind: 'all' }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly kind: 'not'; readonly of: Filter }
  /** A whole token of `field`, whatever its case; `token` is folded already. Only for text fields. */
  | { readonly kind: 'word'; readonly field: string; readonly token: string }
  /** A substring of `field`, whatever its case; `text` is folded already. */
  | { readonly kind: 'substring'; readonly field: string; readonly text: string }
  /**
   * A substring of `field` that cuts no token in two: where `text` begins or ends with a token's character, the
   * value has none before or after it, except on an `open` side. Folded already. `10.0.0.1`; `web*` is open at its end.
   */
  | { readonly kind: 'phrase'; readonly field: string; readonly text: string; readonly open?: 'start' | 'end' }
  /**
   * The whole value, whatever its case, `*` any run of characters and `?` any one, `\` takes the next as it is;
   * `glob` is folded already. `globMatcher` reads it.
   */
  | { readonly kind: 'glob'; readonly field: string; readonly glob: string }
  /** The whole value, whatever its case; `value` is folded already. */
  | { readonly kind: 'equals'; readonly field: string; readonly value: string }
  /** RE2 syntax, found anywhere in the value, unless anchored. */
  | { readonly kind: 'pattern'; readonly field: string; readonly source: string; readonly ignoreCase: boolean }
  /** A number (facility, severity, length, …) or a time in ms (`timestamp`, `received_at`), bounds included unless told. */
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

/** Names of fields that a filter, `top`, `hist --by` and `--fields` take. `sd.<id>.<name>` and `fields.<name>` come on top. */
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
