import type { Document } from 'mongodb';
import { storedName } from '../value-names.ts';
import { withoutEdges } from './regex.ts';

/** Where documents keep the value of a name, or the list of its values. */
export type Place = {
  /** The name in conditions; undefined if a name with dots is in it, which conditions cannot have. */
  readonly path?: string;
  /** The value as an expression. */
  readonly value: unknown;
};

/** The place of these names, one within the other: `fields` and a name, say. */
export function placeOf(key: string, ...names: readonly string[]): Place {
  const stored = names.map(storedName);
  const within = (input: unknown, name: string): Document => ({ $getField: { field: { $literal: name }, input } });
  if (stored.some((name) => name === '' || name.includes('.'))) return { value: stored.reduce(within, `$${key}`) };
  const path = [key, ...stored].join('.');
  return { path, value: `$${path}` };
}

/** All values of a place as an array, without null. */
export function valuesAt({ value }: Pick<Place, 'value'>): Document {
  return { $filter: { input: listOf(value), as: 'each', cond: { $ne: ['$$each', null] } } };
}

/** A condition: there is something at the place. */
export function isPresent({ path, value }: Place): Document {
  return path === undefined ? { $expr: { $ne: [{ $type: value }, 'missing'] } } : { [path]: { $exists: true } };
}

/** A condition: there is a value at the place, other than null. */
export function hasValue(place: Place): Document {
  const { path } = place;
  if (path !== undefined) return { [path]: { $type: ['string', 'number', 'bool'] } };
  return { $expr: { $ne: [valuesAt(place), []] } };
}

/** A condition: one of the values at the place fulfils `query`. */
export function anyValue({ path, value }: Place, query: Document): Document {
  if (path === undefined) {
    return { $expr: anyOf(listOf(value), expressionOf(query)) };
  }
  // On a list, a condition of several operators may hold for several of its values together.
  if (!('$regex' in query) && Object.keys(query).length > 1) {
    return { $or: [{ [path]: { ...query, $not: { $type: 'array' } } }, { [path]: { $elemMatch: query } }] };
  }
  return { [path]: query };
}

/** A condition: one of the values of all fields fulfils `query`. */
export function anyField(query: Document): Document {
  return { $expr: anyOf({ $objectToArray: '$fields' }, anyOf(listOf('$$each.v'), expressionOf(query))) };
}

/** A condition: one of the values of all parameters of structured data fulfils `query`. */
export function anyParam(query: Document): Document {
  const ofElement = anyOf({ $objectToArray: '$$each.v' }, anyOf(listOf('$$each.v'), expressionOf(query)));
  return { $expr: anyOf({ $objectToArray: '$structured_data' }, ofElement) };
}

/** Whether the expression `holds` is true of an element of the list, `$$each`. */
function anyOf(list: Document, holds: Document): Document {
  return { $anyElementTrue: { $map: { input: { $ifNull: [list, []] }, as: 'each', in: holds } } };
}

function listOf(value: unknown): Document {
  return { $cond: [{ $isArray: [value] }, value, [value]] };
}

const COMPARISONS = ['$gt', '$gte', '$lt', '$lte'] as const;

/** A condition on the value `$$each` as an expression, which also compares values of other types. */
function expressionOf(query: Document): Document {
  const { $regex, $options = '', $eq, $in } = query;
  if ($regex !== undefined) {
    const found = (source: string): Document => ({
      $regexMatch: { input: '$$each', regex: { $literal: source }, options: { $literal: $options } },
    });
    const rough = withoutEdges($regex);
    const matched = rough === $regex ? found($regex) : { $cond: [found(rough), found($regex), false] };
    return { $cond: [{ $eq: [{ $type: '$$each' }, 'string'] }, matched, false] };
  }
  if ($eq !== undefined) return { $eq: ['$$each', { $literal: $eq }] };
  if ($in !== undefined) return { $in: ['$$each', { $literal: $in }] };
  const bounds = COMPARISONS.filter((operator) => operator in query);
  return {
    $and: [{ $isNumber: '$$each' }, ...bounds.map((operator) => ({ [operator]: ['$$each', query[operator]] }))],
  };
}
