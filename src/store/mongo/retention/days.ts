import type { Db, Document } from 'mongodb';
import { DAY } from '../../../base/units.ts';
import { mongoError } from '../connection.ts';
import { messagesIn, partOf } from '../documents.ts';
import { arrivedBetween } from '../id-range.ts';
import { sizeOf } from './sizes.ts';

/** The messages of one UTC day of arrival in one collection. */
export type DayOfCollection = {
  readonly collection: string;
  readonly stream: string;
  /** `2026-11-22`. */
  readonly day: string;
  readonly messages: number;
  /** Its share of the collection, by number of messages. */
  readonly storedBytes: number;
  readonly documentBytes: number;
};

/**
 * The days in a collection, oldest first. Counting uses the index of `_id`: a second for some millions.
 * @param before only days that end before this, ms
 * @param counted cache of counts for days that no longer change
 */
export async function daysOf(
  db: Db,
  collection: string,
  before = Infinity,
  counted?: Map<string, number>,
): Promise<DayOfCollection[]> {
  const last = counted ? await lastArrival(db, collection) : undefined;
  const { stream } = partOf(collection)!;
  const size = await sizeOf(db, collection);
  const days: DayOfCollection[] = [];
  for (let from = 0; ; ) {
    const first = await arrivalFrom(db, collection, from);
    if (first === undefined) return days;
    const start = Math.floor(first / DAY) * DAY;
    if (start + DAY > before) return days;
    const key = `${collection} ${start}`;
    const unchanging = days.length > 0 && last !== undefined && start + 2 * DAY <= last;
    const messages = (unchanging && counted?.get(key)) || (await countOf(db, collection, start));
    if (unchanging) counted?.set(key, messages);
    const share = messages / Math.max(messages, size.messages);
    days.push({
      collection,
      stream,
      day: new Date(start).toISOString().slice(0, 10),
      messages,
      storedBytes: Math.ceil(size.storedBytes * share),
      documentBytes: Math.ceil(size.documentBytes * share),
    });
    from = start + DAY;
  }
}

/** The first arrival at or after a time, ms; undefined if there is none. */
export async function arrivalFrom(db: Db, collection: string, from: number): Promise<number | undefined> {
  return await edge(db, collection, { condition: arrivedBetween(from, Infinity), order: 1 });
}

/** The last arrival, ms; undefined if the collection is empty. */
export async function lastArrival(db: Db, collection: string): Promise<number | undefined> {
  return await edge(db, collection, { condition: {}, order: -1 });
}

type Edge = { readonly condition: Document; readonly order: 1 | -1 };

async function edge(db: Db, collection: string, { condition, order }: Edge): Promise<number | undefined> {
  try {
    const options = { sort: { _id: order }, projection: { received_at: 1 } } as const;
    return (await messagesIn(db, collection).findOne(condition, options))?.['received_at']?.getTime();
  } catch (error) {
    throw mongoError(`read ${collection}`, error);
  }
}

async function countOf(db: Db, collection: string, start: number): Promise<number> {
  try {
    return await messagesIn(db, collection).countDocuments(arrivedBetween(start, start + DAY - 1), {
      hint: { _id: 1 },
    });
  } catch (error) {
    throw mongoError(`count a day of ${collection}`, error);
  }
}
