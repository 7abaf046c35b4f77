import type { Document } from 'mongodb';
import { type FieldRef, fieldType, parseFieldName, valueText } from '../../../model/fields.ts';
import { type FieldName, type Filter, LINE, LINE_TEXTS, type TermFilter } from '../../../model/filter.ts';
import { type RangeFilter, rangeTest, type TextFilter, textTest } from '../../../model/matches.ts';
import { arrivedBetween } from '../id-range.ts';
import { type Condition, conjunction, constant, disjunction, exactly, loosely, negated } from './condition.ts';
import { type Names, namesOf } from './names.ts';
import { anyField, anyParam, anyValue, hasValue, isPresent, placeOf } from './places.ts';
import { numberRange, textCondition, timeRange } from './terms.ts';

/** What a translation depends on besides the filter. */
export type TranslateOptions = {
  /** The stream of the collection. */
  readonly stream: string;
  /** Stored values of `hostname` and `appname` that match the conditions on them and on lines. */
  readonly names?: Names;
};

/** Number of codes of each field; not every facility code has a name. */
const CODES = { facility: 32, severity: 8 } as const;
/** Fields that every message has. */
const ALWAYS_PRESENT: ReadonlySet<string> = new Set<FieldName>([
  ...(['_id', 'received_at', 'timestamp', 'facility', 'severity', 'level', 'message', 'stream', 'format'] as const),
  ...(['source.ip', 'source.port', 'source.transport', 'source.listener'] as const),
]);

/**
 * Translates a filter to a MongoDB condition on the documents of one stream. It matches every
 * message that `matches()` accepts, and no others if it is exact. Values always follow an operator,
 * so that none is read as an operator itself; field names come only from the schema.
 */
export function translate(filter: Filter, options: TranslateOptions): Condition {
  return conditionOf(filter, options, false);
}

/** Pushes negation down to the terms, so that exact terms stay exact beside inexact ones. */
function conditionOf(filter: Filter, options: TranslateOptions, negative: boolean): Condition {
  switch (filter.kind) {
    case 'all':
      return constant(!negative);
    case 'and':
    case 'or': {
      const parts = filter.of.map((each) => conditionOf(each, options, negative));
      return (filter.kind === 'and') === negative ? disjunction(parts) : conjunction(parts);
    }
    case 'not':
      return conditionOf(filter.of, options, !negative);
    default: {
      const condition = termCondition(filter, options);
      return negative ? negated(condition) : condition;
    }
  }
}

function termCondition(filter: TermFilter, options: TranslateOptions): Condition {
  if (filter.field === LINE) return line(filter, options);
  const ref = parseFieldName(filter.field);
  if (!ref) return constant(false);
  switch (ref.kind) {
    case 'known':
      return knownField(filter, ref.name, options);
    case 'sd':
      return structuredField(filter, ref);
    case 'field':
      return extractedField(filter, ref.name);
  }
}

/** @param asked the condition of the query, if this is a part of it */
function knownField(
  filter: TermFilter,
  name: FieldName,
  { stream, names }: TranslateOptions,
  asked: Filter = filter,
): Condition {
  if (name === 'stream') return constant(matchesText(filter, stream));
  if (name === 'facility' || name === 'severity') {
    return exactly({
      [name]: { $in: Array.from({ length: CODES[name] }, (_, code) => code).filter(codeTest(filter)) },
    });
  }
  if (filter.kind === 'exists') {
    if (name === 'flags') return exactly({ 'flags.0': { $exists: true } });
    return ALWAYS_PRESENT.has(name) ? constant(true) : exactly({ [name]: { $exists: true } });
  }
  if (filter.kind === 'range') return rangeCondition(filter, name);
  if (name === '_id') return loosely();
  if (fieldType(name) === 'text') {
    const listed = namesOf(filter, names, asked);
    if (listed) return listed.length > 0 ? exactly({ [name]: { $in: listed } }) : constant(false);
  }
  return disjunction(textCondition(filter, fieldType(name)).map((each) => onField(name, each)));
}

/** Facility and severity have a code and a name; a condition may match either. */
function codeTest(filter: TermFilter): (code: number) => boolean {
  if (filter.kind === 'exists') return () => true;
  if (filter.kind === 'range') return rangeTest(filter);
  const test = textTest(filter);
  return (code) => test(valueText(filter.field, code)) || test(String(code));
}

function matchesText(filter: TermFilter, text: string): boolean {
  if (filter.kind === 'exists') return true;
  return filter.kind === 'range' ? rangeTest(filter)(text) : textTest(filter)(text);
}

function rangeCondition(filter: RangeFilter, name: FieldName): Condition {
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
  return onField(name, numberRange(filter, fieldType(name) === 'number' ? 'number' : 'text'));
}

function structuredField(filter: TermFilter, { id, name }: Extract<FieldRef, { kind: 'sd' }>): Condition {
  if (name === undefined) {
    return matchesText(filter, id) ? exactly(isPresent(placeOf('structured_data', id))) : constant(false);
  }
  const place = placeOf('structured_data', id, name);
  return filter.kind === 'exists' ? exactly(hasValue(place)) : paramValue(filter, (query) => anyValue(place, query));
}

function extractedField(filter: TermFilter, name: string): Condition {
  const place = placeOf('fields', name);
  return filter.kind === 'exists' ? exactly(hasValue(place)) : fieldValue(filter, (query) => anyValue(place, query));
}

/** Any of the texts that a person sees of the line. */
function line(filter: TermFilter, options: TranslateOptions): Condition {
  if (filter.kind === 'exists') return constant(true);
  const columns = LINE_TEXTS.map((field) => knownField({ ...filter, field }, field, options, filter));
  return disjunction([...columns, paramValue(filter, anyParam), fieldValue(filter, anyField)]);
}

/** @param any turns a condition on a value into one on a document */
function paramValue(filter: TextFilter | RangeFilter, any: (query: Document) => Document): Condition {
  if (filter.kind === 'range') return mapQuery(numberRange(filter, 'text'), any);
  return disjunction(textCondition(filter, 'text').map((each) => mapQuery(each, any)));
}

/** As `paramValue`. Values of `fields` are texts, numbers and booleans; null counts as absent. */
function fieldValue(filter: TextFilter | RangeFilter, any: (query: Document) => Document): Condition {
  if (filter.kind === 'range') {
    return disjunction([mapQuery(numberRange(filter, 'number'), any), mapQuery(numberRange(filter, 'text'), any)]);
  }
  const test = textTest(filter);
  const booleans = [true, false].filter((each) => test(String(each)));
  return disjunction([
    ...[...textCondition(filter, 'text'), ...textCondition(filter, 'number')].map((each) => mapQuery(each, any)),
    booleans.length > 0 ? exactly(any({ $in: booleans })) : constant(false),
  ]);
}

/** A condition on a value, applied to the field of this name. */
function onField(name: string, condition: Condition): Condition {
  return mapQuery(condition, (query) => ({ [name]: query }));
}

function mapQuery({ query, exact }: Condition, write: (query: Document) => Document): Condition {
  return typeof query === 'string' ? { query, exact } : { query: write(query), exact };
}
