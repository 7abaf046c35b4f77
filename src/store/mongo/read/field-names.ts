import type { Document } from 'mongodb';
import { sdFieldName } from '../../../model/fields.ts';
import { FIELD_NAMES } from '../../../model/filter.ts';
import { valuesAt } from '../filter/places.ts';
import { readName } from '../value-names.ts';

/* Aggregation stages that count field names, to follow a `$match`, and functions that read their results. */

/** Fields that a message may lack; all others are always present. */
const OPTIONAL = ['hostname', 'appname', 'procid', 'msgid', 'version', 'source.peer_cn', 'length'] as const;

/** Returns one document: the number of messages, and of those with each optional field. */
export function knownFields(): Document[] {
  const present = OPTIONAL.map((name) => [keyOf(name), { $sum: { $cond: [{ $gt: [`$${name}`, null] }, 1, 0] } }]);
  const flags = { $sum: { $cond: [{ $gt: ['$flags', []] }, 1, 0] } };
  return [{ $group: { _id: null, all: { $sum: 1 }, flags, ...Object.fromEntries(present) } }];
}

export function readKnownFields(document: Document): { name: string; count: number }[] {
  return FIELD_NAMES.map((name) => ({ name, count: (document[keyOf(name)] ?? document['all']) as number }));
}

/**
 * Returns a document for each parameter of structured data, and for each element without
 * parameters.
 */
export function structuredFields(atMost: number): Document[] {
  const params = { $objectToArray: '$$this.v' };
  const named = { $map: { input: params, as: 'param', in: { id: '$$this.k', name: '$$param.k' } } };
  const names = { $cond: [{ $eq: [params, []] }, [{ id: '$$this.k' }], named] };
  const input = { $objectToArray: '$structured_data' };
  const all = { $reduce: { input, initialValue: [], in: { $concatArrays: ['$$value', names] } } };
  return [{ $match: { structured_data: { $type: 'object' } } }, ...countEach(all, atMost)];
}

export function readStructuredField({ _id, count }: Document): { name: string; count: number } {
  return { name: sdFieldName(readName(_id.id), _id.name === undefined ? undefined : readName(_id.name)), count };
}

/** Returns a document for each name in `fields`. */
export function extractedFields(atMost: number): Document[] {
  const cond = { $ne: [valuesAt({ value: '$$field.v' }), []] };
  const present = { $filter: { input: { $objectToArray: '$fields' }, as: 'field', cond } };
  const all = { $map: { input: present, as: 'field', in: '$$field.k' } };
  return [{ $match: { fields: { $type: 'object' } } }, ...countEach(all, atMost)];
}

export function readExtractedField({ _id, count }: Document): { name: string; count: number } {
  return { name: `fields.${readName(_id)}`, count };
}

/** If there are more than `atMost` names, some `atMost` + 1 of them. */
function countEach(names: Document, atMost: number): Document[] {
  return [
    { $project: { _id: 0, names: { $setUnion: [names] } } },
    { $unwind: '$names' },
    { $group: { _id: '$names', count: { $sum: 1 } } },
    ...(atMost === Infinity ? [] : [{ $limit: atMost + 1 }]),
  ];
}

function keyOf(name: string): string {
  return name.replace('.', '_');
}
