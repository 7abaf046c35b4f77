import type { AggregateOptions, AggregationCursor, Document } from 'mongodb';
import { type FieldCounts, fieldsOf, parseFieldName } from '../../../model/fields.ts';
import { type Filter, fieldsIn, LINE, LINE_TEXTS } from '../../../model/filter.ts';
import { bucketOf, groupReader, textIn } from '../../../model/grouping.ts';
import { compile } from '../../../model/matches.ts';
import type { LogMessage } from '../../../model/message.ts';
import type { Group, Grouping } from '../../../model/query.ts';
import type { GroupSums } from '../../group-sums.ts';
import { splitIdRange } from '../id-range.ts';
import {
  extractedFields,
  knownFields,
  readExtractedField,
  readKnownFields,
  readStructuredField,
  structuredFields,
} from './field-names.ts';
import { findIn, MAX_TIME_MS } from './finding.ts';
import { ReplySize } from './reply-size.ts';
import { groupStages, readGroup } from './grouping.ts';
import { matchOf, type Plan } from './planning.ts';
import { coversMost } from './span.ts';

type Counting = { readonly filter: Filter; readonly signal: AbortSignal };

/**
 * Counts the matching messages of one collection: in the server if the condition is exact,
 * otherwise here.
 */
export async function countIn(plan: Plan, grouping: Grouping, sums: GroupSums, counting: Counting): Promise<void> {
  if (plan.condition.exact) {
    for (const range of splitIdRange(plan.range)) {
      for (const group of await countGroups({ ...plan, range }, grouping, counting.signal)) sums.add(group);
    }
    return;
  }
  const { by, every, cutAt } = grouping;
  const read = groupReader(by, cutAt);
  const keys = keysOf([...fieldsIn(counting.filter), ...by]);
  for await (const messages of filterHere(plan, counting, keys)) {
    for (const message of messages) {
      const at = every === undefined ? {} : { at: bucketOf(message.received_at.getTime(), every) };
      for (const values of read(message)) sums.add({ values, ...at, count: 1 });
    }
    if (sums.full) return;
  }
}

/** The groups of a range. All groups outside of `only` come as one sum, however many they are. */
async function countGroups(plan: Plan, grouping: Grouping, signal: AbortSignal): Promise<Group[]> {
  const ask = async (each: Grouping, sums = false): Promise<Group[]> => {
    const read = (group: Document) => readGroup(group, sums ? { ...each, by: [] } : each);
    const groups: Group[] = [];
    let text = 0;
    for await (const group of await cursorOf(plan, groupStages(each, plan.stream, sums), signal)) {
      const found = read(group);
      groups.push(found);
      text += textIn(found.values);
      if (text > (each.atMostText ?? Infinity)) break;
    }
    return groups;
  };
  const groups = await ask(grouping);
  if (!grouping.only) return groups;
  const known = new Map<number | undefined, number>();
  for (const { at, count } of groups) known.set(at, (known.get(at) ?? 0) + count);
  const all = await ask(grouping, true);
  const left = all.map((group) => ({ ...group, rest: true as const, count: group.count - (known.get(group.at) ?? 0) }));
  // Messages that arrive between the two queries can only make the second result larger.
  return [...groups, ...left.filter(({ count }) => count > 0)];
}

/** Adds the names of the fields in one collection to `counts`. */
export async function countFieldNames(plan: Plan, counts: FieldCounts, counting: Counting): Promise<void> {
  if (!plan.condition.exact) {
    for await (const messages of filterHere(plan, counting))
      for (const message of messages) counts.addMessage(fieldsOf(message));
    return;
  }
  const ask = (stages: readonly Document[]): Promise<Document[]> => run(plan, stages, counting.signal);
  const known = (await ask(knownFields())).flatMap(readKnownFields);
  const structured = (await ask(structuredFields(counts.atMost))).map(readStructuredField);
  const extracted = (await ask(extractedFields(counts.atMost))).map(readExtractedField);
  for (const { name, count } of [...known, ...structured, ...extracted]) if (count > 0) counts.add(name, count);
}

async function run(plan: Plan, stages: readonly Document[], signal: AbortSignal): Promise<Document[]> {
  return await (await cursorOf(plan, stages, signal)).toArray();
}

async function cursorOf(
  plan: Plan,
  stages: readonly Document[],
  signal: AbortSignal,
): Promise<AggregationCursor<Document>> {
  // Fetching each document through an index costs twice what reading all of them in sequence does.
  const natural = !plan.index && (await coversMost(plan.collection, plan.range, signal));
  const options: AggregateOptions = {
    maxTimeMS: MAX_TIME_MS,
    allowDiskUse: true,
    ...(natural && { hint: { $natural: 1 } }),
  };
  return plan.collection.aggregate([{ $match: matchOf(plan) }, ...stages], { ...options, signal });
}

/** The messages that match the filter, among those that the server's condition matches. */
function filterHere(
  plan: Plan,
  { filter, signal }: Counting,
  keys?: readonly string[],
): AsyncIterable<readonly LogMessage[]> {
  const replySize = new ReplySize();
  return findIn(plan, { order: 'oldest', matches: compile(filter), signal, replySize, ...(keys && { keys }) });
}

/** The document keys that these fields are in, and the time. */
function keysOf(fields: readonly string[]): string[] {
  const keys = fields.flatMap((field) => {
    if (field === LINE) return [...LINE_TEXTS, 'structured_data', 'fields'];
    const ref = parseFieldName(field);
    if (ref?.kind === 'known') return ref.name.split('.')[0]!;
    return ref?.kind === 'sd' ? 'structured_data' : 'fields';
  });
  return [...new Set(['received_at', ...keys])];
}
