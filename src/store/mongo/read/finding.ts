import { type Collection, type Document, type FindCursor, type FindOptions, MongoError } from 'mongodb';
import { SECOND } from '../../../base/units.ts';
import type { Matcher } from '../../../model/matches.ts';
import type { LogMessage } from '../../../model/message.ts';
import type { Query } from '../../../model/query.ts';
import { fromDocument } from '../documents.ts';
import { codeOf, HINT_MISSING } from '../error-codes.ts';
import { type IdRange, rangeAfter } from '../id-range.ts';
import { matchOf, type Plan } from './planning.ts';
import type { ReplySize } from './reply-size.ts';

/** Time the server may spend on one query, or on each cursor of a long answer, ms. */
export const MAX_TIME_MS = 100 * SECOND;
/** mongod's code: the collection was dropped during the query. */
const COLLECTION_DROPPED = 175;

export type Finding = Pick<Query, 'order' | 'limit'> & {
  /** Applied if the server's condition is not exact. */
  readonly matches: Matcher;
  readonly signal: AbortSignal;
  readonly replySize: ReplySize;
  /** The document keys that are needed; all by default. */
  readonly keys?: readonly string[];
};

/**
 * The matching messages of one collection, in order. If a cursor fails (a new primary, a cursor
 * killed by the server, its time limit), another one continues behind the last message, as long as
 * each cursor returns something. So does another one if the replies should have another size.
 */
export async function* findIn(first: Plan, finding: Finding): AsyncGenerator<readonly LogMessage[]> {
  const { order, limit = Infinity, matches, signal, replySize } = finding;
  let plan = first;
  let left = limit;
  while (left > 0 && !signal.aborted) {
    const before: IdRange = plan.range;
    let isLast = true;
    try {
      for await (const messages of readCursor(plan, { ...finding, limit: left })) {
        plan = { ...plan, range: rangeAfter(plan.range, messages.at(-1)!._id, order) };
        const found = (plan.condition.exact ? messages : messages.filter(matches)).slice(0, left);
        left -= found.length;
        isLast = !replySize.learn(messages);
        if (found.length > 0) yield found;
        if (left === 0 || signal.aborted) return;
        if (!isLast) break;
      }
      if (isLast) return;
    } catch (error) {
      if (signal.aborted) return;
      if (plan.index && codeOf(error) === HINT_MISSING) plan = { ...plan, index: { _id: 1 } };
      else if (!(error instanceof MongoError) || (plan.range === before && codeOf(error) !== COLLECTION_DROPPED))
        throw error;
      else if (plan.range === before) return;
    }
  }
}

/** The messages of one cursor, in chunks that are never empty. */
async function* readCursor(plan: Plan, finding: Finding): AsyncGenerator<readonly LogMessage[]> {
  await using cursor = cursorOf(plan, finding);
  while (await cursor.hasNext()) yield cursor.readBufferedDocuments().map(fromDocument);
}

/** Reads in the order of an index, so that the server never sorts and reads few documents in vain. */
export function cursorOf(plan: Plan, finding: Omit<Finding, 'matches'>): FindCursor<Document> {
  const { order, limit = Infinity, signal, keys, replySize } = finding;
  const atMost = plan.condition.exact && limit < Infinity;
  const options: FindOptions = {
    sort: { _id: order === 'oldest' ? 1 : -1 },
    hint: { ...(plan.index ?? { _id: 1 }) },
    maxTimeMS: MAX_TIME_MS,
    batchSize: atMost ? Math.min(replySize.documents, limit + 1) : replySize.documents,
    ...(atMost && { limit }),
    ...(keys && { projection: Object.fromEntries(keys.map((key) => [key, 1])) }),
  };
  const collection: Collection<Document> = plan.collection;
  return collection.find(matchOf(plan), { ...options, signal });
}
