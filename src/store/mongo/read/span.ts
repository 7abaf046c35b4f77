import type { Binary, Collection } from 'mongodb';
import { arrivalOf } from '../../../model/id.ts';
import { fromBinaryId } from '../documents.ts';
import type { IdRange } from '../id-range.ts';
import { MAX_TIME_MS } from './finding.ts';

/** From this share of its time span on, reading a whole collection is cheaper than using an index. */
const MOST = 0.5;

/** The ids of the first and the last message of a collection; undefined if it is empty. */
export async function spanOf(
  collection: Collection,
  signal?: AbortSignal,
): Promise<{ readonly first: string; readonly last: string } | undefined> {
  const [first, last] = await Promise.all(
    [1, -1].map(async (direction) => {
      const options = { projection: { _id: 1 }, sort: { _id: direction as 1 | -1 }, maxTimeMS: MAX_TIME_MS };
      const found = await collection.findOne({}, { ...options, ...(signal && { signal }) });
      return found ? fromBinaryId(found._id as unknown as Binary) : undefined;
    }),
  );
  return first !== undefined && last !== undefined ? { first, last } : undefined;
}

/** Whether a range covers so much of a collection's time span that an index would not help. */
export async function coversMost(
  collection: Collection,
  { low, high }: IdRange,
  signal: AbortSignal,
): Promise<boolean> {
  const span = await spanOf(collection, signal);
  if (!span) return false;
  const [first, last] = [arrivalOf(span.first), arrivalOf(span.last)];
  const from = Math.max(first, low ? arrivalOf(low) : first);
  const to = Math.min(last, high ? arrivalOf(high) : last);
  return to - from >= (last - first) * MOST;
}
