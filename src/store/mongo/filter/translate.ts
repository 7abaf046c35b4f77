import type { Document } from 'mongodb';
import { type FieldRef, fieldType, parseFieldName, valueText } from '../../../model/fields.ts';
import type { FieldName, Filter, TermFilter } from '../../../model/filter.ts';
import { rangeTest, textTest } from '../../../model/matches.ts';
import { constant, type Condition, conjunction, disjunction, exactly, loosely, negated } from './condition.ts';
import { numberRange, textCondition, timeRange } from './terms.ts';
import { type Names, namesOf } from './names.ts';
import { arrivedBetween } from '../id-range.ts';

type RangeFilter = Extract<Filter, { kind: 'range' }>;

/** Where a filter is to be decided. */
export type TranslateOptions = {
  /** The stream whose collection is asked. */
  readonly stream: string;
  /** Values of `hostname` and `appname` that conditions on them stand for. */
  readonly names?: Names;
};

/** Codes that a priority may have: more than there are names for. */
const CODES = { facility: 32, severity: 8 } as const;
const ALWAYS_THERE: ReadonlySet<string> = new Set<FieldName>([
  ...(['_id', 'received_at', 'timestamp', 'facility', 'severity', 'level', 'message', 'stream', 'format'] as const),
  ...(['source.ip', 'source.port', 'source.transport', 'source.listener'] as const),
]);

/**
 * The filter as a condition of MongoDB on the documents of one stream, which lets every message through that
 * `matches()` does, and no other where it is exact. Values stand behind operators and are never taken for some
 * themselves; names of fields are those of the schema.
 */
export function translate(filter: Filter, place: TranslateOptions): Condition {
  return read(filter, place, false);
}

/** Negation is taken down to the leaves: what is exact stays so beside what is not. */
function read(filter: Filter, place: TranslateOptions, negative: boolean): Condition {
  switch (filter.kind) {
    case 'all':
      return constant(!negative);
    case 'and':
    case 'or': {
      const parts = filter.of.map((each) => read(each, place, negative));
      return (filter.kind === 'and') === negative ? disjunction(parts) : conjunction(parts);
    }
    case 'not':
      return read(filter.of, place, !negative);
    default: {
      const condition = leaf(filter, place);
      return negative ? negated(condition) : condition;
    }
  }
}

function leaf(filter: TermFilter, place: TranslateOptions): Condition {
  const ref = parseFieldName(filter.field);
  if (!ref) return constant(false);
  switch (ref.kind) {
    case 'known':
      return known(filter, ref.name, place);
    case 'sd':
      return structured(filter, ref);
    case 'field':
      return extracted(filter, ref.name);
  }
}

function known(filter: TermFilter, name: FieldName, { stream, names }: TranslateOptions): Condition {
  if (name === 'stream') return constant(holds(filter, stream));
  if (name === 'facility' || name === 'severity') {
    return exactly({ [name]: { $in: Array.from({ length: CODES[name] }, (_, code) => code).filter(ofCode(filter)) } });
  }
  if (filter.kind === 'exists') {
    if (name === 'flags') return exactly({ 'flags.0': { $exists: true } });
    return ALWAYS_THERE.has(name) ? constant(true) : exactly({ [name]: { $exists: true } });
  }
  if (filter.kind === 'range') return range(filter, name);
  if (name === '_id') return loosely();
  if (fieldType(name) === 'text') {
    const listed = namesOf(filter, names);
    if (listed) return listed.length > 0 ? exactly({ [name]: { $in: listed } }) : constant(false);
  }
  return on(name, textCondition(filter, fieldType(name)));
}

/** Facility and severity have a code and a name, and either will do. */
function ofCode(filter: TermFilter): (code: number) => boolean {
  if (filter.kind === 'exists') return () => true;
  if (filter.kind === 'range') return rangeTest(filter);
  const test = textTest(filter);
  return (code) => test(valueText(filter.field, code)) || test(String(code));
}

function holds(filter: TermFilter, text: string): boolean {
  if (filter.kind === 'exists') return true;
  return filter.kind === 'range' ? rangeTest(filter)(text) : textTest(filter)(text);
}

function range(filter: RangeFilter, name: FieldName): Condition {
  if (name === '_id') return loosely();
  if (name === 'received_at') {
    const times = timeRange(filter);
    return times ? exactly(arrivedBetween(times.first, times.last)) : constant(false);
  }
  if (name === 'timestamp') {
    const times = timeRange(filter);
    if (!times) return constant(false);
    return exactly({ timestamp: { $gte: new Date(times.first), $lte: new Date(times.last) } });
  }
  return on(name, numberRange(filter, fieldType(name) === 'number' ? 'number' : 'text'));
}

function structured(filter: TermFilter, { id, name }: Extract<FieldRef, { kind: 'sd' }>): Condition {
  const within = (condition: Document): Document => ({
    structured_data: { $elemMatch: { id: { $eq: id }, ...condition } },
  });
  if (name === undefined) return holds(filter, id) ? exactly(within({})) : constant(false);
  const param = (condition: Document): Document =>
    within({ params: { $elemMatch: { name: { $eq: name }, ...condition } } });
  if (filter.kind === 'exists') return exactly(param({}));
  const value = filter.kind === 'range' ? numberRange(filter, 'text') : textCondition(filter, 'text');
  return about(on('value', value), param);
}

/** Values of `fields` are texts, numbers and booleans; a null is none. */
function extracted(filter: TermFilter, name: string): Condition {
  const within = (condition: Document): Document => ({ fields: { $elemMatch: { name: { $eq: name }, ...condition } } });
  if (filter.kind === 'exists') return exactly(within({ value: { $ne: null } }));
  if (filter.kind === 'range') {
    const kinds = [numberRange(filter, 'number'), numberRange(filter, 'text')];
    return about(disjunction(kinds.map((each) => on('value', each))), within);
  }
  const test = textTest(filter);
  const booleans = [true, false].filter((each) => test(String(each)));
  const kinds = [
    on('value', textCondition(filter, 'text')),
    on('value', textCondition(filter, 'number')),
    booleans.length > 0 ? exactly({ value: { $in: booleans } }) : constant(false),
  ];
  return about(disjunction(kinds), within);
}

/** The condition of a value, on the field of that name. */
function on(name: string, condition: Condition): Condition {
  return about(condition, (query) => ({ [name]: query }));
}

function about({ query, exact }: Condition, write: (query: Document) => Document): Condition {
  return typeof query === 'string' ? { query, exact } : { query: write(query), exact };
}
