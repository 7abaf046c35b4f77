import { Binary, type Document } from 'mongodb';
import { fieldType, parseFieldName } from '../../../model/fields.ts';
import type { Group, Grouping } from '../../../model/query.ts';
import { fromBinaryId } from '../documents.ts';
import { type Place, placeOf, valuesAt } from '../filter/places.ts';

/**
 * Aggregation stages that count groups, to follow a `$match`. Values of `by` are under the keys
 * `v0`, `v1` and so on, and the start of the bucket under `at`; an absent value is an absent key.
 * With `only`, the result has all wanted groups, and possibly other combinations of their values.
 * With `sums`, messages are counted by bucket only, not by value.
 */
export function groupStages(grouping: Grouping, stream: string, sums = false): Document[] {
  const { by, every, atMost, only, cutAt } = grouping;
  const keys: Document = {};
  const stages: Document[] = [];
  const later: Document[] = [];
  by.forEach((field, index) => {
    const { one, each } = cutExpression(expressionOf(field, stream), cutAt);
    const key = `v${index}`;
    const named = only && !sums ? namedIn(only, field, index) : undefined;
    const isCut = cutAt !== undefined && only?.some((values) => `${values[index]}`.length >= cutAt);
    if (each) {
      stages.push({ $set: { [key]: each } });
      stages.push({ $unwind: { path: `$${key}`, preserveNullAndEmptyArrays: true } });
    }
    // The earlier groups are excluded, the fewer the server has to keep; cut values are known late.
    const plainly = expressionOf(field, stream).one;
    const kept = each ? key : typeof plainly === 'string' && !isCut ? plainly.slice(1) : undefined;
    if (named && kept !== undefined) stages.push({ $match: { [kept]: named } });
    else if (named) later.push({ $match: { [`_id.${key}`]: named } });
    if (!sums) keys[key] = each ? `$${key}` : one;
  });
  if (every !== undefined) {
    keys['at'] = { $subtract: ['$received_at', { $mod: [{ $toLong: '$received_at' }, every] }] };
  }
  const groups = { $group: { _id: Object.keys(keys).length > 0 ? keys : null, count: { $sum: 1 } } };
  return [...stages, groups, ...later, ...(atMost === undefined ? [] : [{ $limit: atMost + 1 }])];
}

type Expression = { readonly one?: unknown; readonly each?: Document };

/** The same with texts cut to this many characters. */
function cutExpression({ one, each }: Expression, cutAt: number | undefined): Expression {
  if (cutAt === undefined) return one === undefined ? { each: each! } : { one };
  if (each) return { each: { $setUnion: [{ $map: { input: each, as: 'value', in: cutTo('$$value', cutAt) } }] } };
  return { one: cutTo(one, cutAt) };
}

function cutTo(value: unknown, cutAt: number): Document {
  return { $cond: [{ $eq: [{ $type: value }, 'string'] }, { $substrCP: [value, 0, cutAt] }, value] };
}

/** A condition on the values of a field; undefined if stored values differ from those in `only`. */
function namedIn(only: NonNullable<Grouping['only']>, field: string, index: number): Document | undefined {
  const converted = fieldType(field) === 'time' || field === '_id';
  return converted ? undefined : { $in: [...new Set(only.map((values) => values[index]!))] };
}

/** A group from a document that these stages return. */
export function readGroup({ _id, count }: Document, { by, every }: Grouping): Group {
  const values = by.map((_, index) => valueIn(_id[`v${index}`]));
  return { values, ...(every !== undefined && { at: _id.at.getTime() }), count };
}

function valueIn(value: unknown): string | number | null {
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return value.getTime();
  if (value instanceof Binary) return fromBinaryId(value);
  return value as string | number;
}

/** An expression for the single value of a field, or for an array of its distinct values. */
function expressionOf(field: string, stream: string): Expression {
  const ref = parseFieldName(field);
  if (!ref) return { one: null };
  switch (ref.kind) {
    case 'known':
      if (ref.name === 'stream') return { one: { $literal: stream } };
      return ref.name === 'flags' ? { each: { $setUnion: ['$flags'] } } : { one: `$${ref.name}` };
    case 'sd': {
      const { id, name } = ref;
      if (name !== undefined) return { each: { $setUnion: [valuesAt(placeOf('structured_data', id, name))] } };
      const { value } = placeOf('structured_data', id);
      return { one: { $cond: [{ $eq: [{ $type: value }, 'missing'] }, null, { $literal: id }] } };
    }
    case 'field':
      return { each: { $setUnion: [fieldValues(placeOf('fields', ref.name))] } };
  }
}

/** Booleans are grouped by their text, as in all stores. */
function fieldValues(place: Place): Document {
  const isTrue = { $cond: ['$$this', 'true', 'false'] };
  const text = { $cond: [{ $eq: [{ $type: '$$this' }, 'bool'] }, isTrue, '$$this'] };
  return { $map: { input: valuesAt(place), as: 'this', in: text } };
}
