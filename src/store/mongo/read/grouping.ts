import { Binary, type Document } from 'mongodb';
import { fieldType, parseFieldName } from '../../../model/fields.ts';
import type { Group, Grouping } from '../../../model/query.ts';
import { fromBinaryId } from '../documents.ts';

/**
 * Counting in the server: stages that follow a `$match`. Each value of `by` has a key of its own, `v0`, `v1` …, and the
 * start of the bucket the key `at`; an absent value is an absent key. Of `only`, the groups come that have values which
 * it names for each field, some more than it wants. With `sums`, values are counted but not told apart.
 */
export function groupStages({ by, every, atMost, only }: Grouping, stream: string, sums = false): Document[] {
  const keys: Document = {};
  const stages: Document[] = [];
  const later: Document[] = [];
  by.forEach((field, index) => {
    const { one, each } = expressionOf(field, stream);
    const key = `v${index}`;
    const named = only && !sums ? namedIn(only, field, index) : undefined;
    if (each) {
      stages.push({ $set: { [key]: each } });
      stages.push({ $unwind: { path: `$${key}`, preserveNullAndEmptyArrays: true } });
    }
    // The sooner it is decided, the fewer groups the server has to keep.
    const kept = each ? key : typeof one === 'string' ? one.slice(1) : undefined;
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

/** A condition on a field's values, where they are kept as they are shown. */
function namedIn(only: NonNullable<Grouping['only']>, field: string, index: number): Document | undefined {
  const converted = fieldType(field) === 'time' || field === '_id';
  return converted ? undefined : { $in: [...new Set(only.map((values) => values[index]!))] };
}

/** A group as those stages give it. */
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

/** An expression of the one value that a field has, or of an array of all of them, each once. */
function expressionOf(field: string, stream: string): { readonly one?: unknown; readonly each?: Document } {
  const ref = parseFieldName(field);
  if (!ref) return { one: null };
  switch (ref.kind) {
    case 'known':
      if (ref.name === 'stream') return { one: { $literal: stream } };
      return ref.name === 'flags' ? { each: { $setUnion: ['$flags'] } } : { one: `$${ref.name}` };
    case 'sd': {
      const id = { $literal: ref.id };
      if (ref.name === undefined) {
        return { one: { $cond: [{ $in: [id, { $ifNull: ['$structured_data.id', []] }] }, id, null] } };
      }
      return { each: { $setUnion: [paramValues(id, { $literal: ref.name })] } };
    }
    case 'field':
      return { each: { $setUnion: [fieldValues({ $literal: ref.name })] } };
  }
}

function paramValues(id: Document, name: Document): Document {
  const named = { $filter: { input: '$$this.params', as: 'param', cond: { $eq: ['$$param.name', name] } } };
  const values = { $map: { input: named, as: 'param', in: '$$param.value' } };
  const ofElement = { $cond: [{ $eq: ['$$this.id', id] }, values, []] };
  const input = { $ifNull: ['$structured_data', []] };
  return { $reduce: { input, initialValue: [], in: { $concatArrays: ['$$value', ofElement] } } };
}

/** Booleans group under their text, as in every store. */
function fieldValues(name: Document): Document {
  const cond = { $and: [{ $eq: ['$$this.name', name] }, { $ne: ['$$this.value', null] }] };
  const named = { $filter: { input: { $ifNull: ['$fields', []] }, as: 'this', cond } };
  const isTrue = { $cond: ['$$this.value', 'true', 'false'] };
  const text = { $cond: [{ $eq: [{ $type: '$$this.value' }, 'bool'] }, isTrue, '$$this.value'] };
  return { $map: { input: named, as: 'this', in: text } };
}
