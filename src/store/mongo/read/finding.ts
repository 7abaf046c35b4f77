import { type Collection, type Document, type FindCursor, type FindOptions, MongoError } from 'mongodb';
import type { Matcher } from '../../../model/matches.ts';
import type { LogMessage } from '../../../model/message.ts';
import type { Query } from '../../../model/query.ts';
import { codeOf } from '../error-codes.ts';
import { fromDocument } from '../documents.ts';
import { matchOf, type Plan } from './planning.ts';
import { beyond, type IdRange } from '../id-range.ts';

/** Documents of a reply: some hundred kilobytes. */
const BATCH = 1000;
/** ms that the server may spend on one question, or on one stretch of a long answer. */
export const MAX_TIME_MS = 100_000;
/** mongod's codes: an index that a hint names is missing; a collection was dropped meanwhile. */
const BAD_VALUE = 2;
const DROPPED = 175;

export type Finding = Pick<Query, 'order' | 'limit'> & {
  /** Decides where the server's condition is not exact. */
  readonly matches: Matcher;
  readonly signal: AbortSignal;
  /** Keys of documents that are needed; all of them unless told. */
  readonly keys?: readonly string[];
};

/**
 * The messages of one collection, in order. An answer that breaks off (a new primary, a cursor that the server gave up,
 * the time of a stretch) is gone on with where it broke, as long as each try brings something.
 */
export async function* findIn(first: Plan, finding: Finding): AsyncGenerator<readonly LogMessage[]> {
  const { order, limit = Infinity, matches, signal } = finding;
  let plan = first;
  let left = limit;
  while (left > 0 && !signal.aborted) {
    const before: IdRange = plan.range;
    try {
      for await (const messages of stretch(plan, { ...finding, limit: left })) {
        plan = { ...plan, range: beyond(plan.range, messages.at(-1)!._id, order) };
        const found = (plan.condition.exact ? messages : messages.filter(matches)).slice(0, left);
        left -= found.length;
        if (found.length > 0) yield found;
        if (left === 0 || signal.aborted) return;
      }
      return;
    } catch (error) {
      if (signal.aborted) return;
      if (plan.index && codeOf(error) === BAD_VALUE) plan = { ...plan, index: { _id: 1 } };
      else if (!(error instanceof MongoError) || (plan.range === before && codeOf(error) !== DROPPED)) throw error;
      else if (plan.range === before) return;
    }
  }
}

/** What one cursor brings: never an empty chunk. */
async function* stretch(plan: Plan, finding: Finding): AsyncGenerator<readonly LogMessage[]> {
  await using cursor = cursorOf(plan, finding);
  while (await cursor.hasNext()) yield cursor.readBufferedDocuments().map(fromDocument);
}

/** In the order of an index, so that nothing is sorted, and not much is read in vain. */
export function cursorOf(plan: Plan, finding: Omit<Finding, 'matches'>): FindCursor<Document> {
  const { order, limit = Infinity, signal, keys } = finding;
  const atMost = plan.condition.exact && limit < Infinity;
  const options: FindOptions = {
    sort: { _id: order === 'oldest' ? 1 : -1 },
    hint: plan.index ?? { _id: 1 },
    maxTimeMS: MAX_TIME_MS,
    batchSize: atMost ? Math.min(BATCH, limit + 1) : BATCH,
    ...(atMost && { limit }),
    ...(keys && { projection: Object.fromEntries(keys.map((key) => [key, 1])) }),
  };
  const collection: Collection<Document> = plan.collection;
  return collection.find(matchOf(plan), { ...options, signal });
}
