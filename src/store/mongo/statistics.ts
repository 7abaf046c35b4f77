import type { Collection, Db, Document } from 'mongodb';
import { bucketOf } from '../../model/grouping.ts';
import { decodeId } from '../../model/id.ts';
import type { StoreStats } from '../contract.ts';
import { MAX_TIME_MS } from './finding.ts';
import { spanOf } from './span.ts';
import { arrivedBetween } from './window.ts';

type Days = StoreStats['days'];
type Part = { readonly collection: Collection; readonly stream: string; readonly day?: string };
type Sizes = { readonly count: number; readonly raw: number; readonly stored: number };

const DAY = 86_400_000;

/**
 * What collections hold, by day. Raw bytes are those of the documents, since nothing tells how long the lines were;
 * the bytes of a collection are shared among its days by their messages.
 */
export class Statistics {
  readonly #db: Db;
  /** Messages of days that lie between others: none is added to them, and only retention takes from them. */
  readonly #counted = new Map<string, number>();

  constructor(db: Db) {
    this.#db = db;
  }

  async of(parts: readonly Part[]): Promise<StoreStats> {
    const days: Days[number][] = [];
    for (const part of parts) days.push(...(await this.#daysOf(part)));
    const disk = await this.#disk();
    return { kind: 'mongodb', days, damaged: 0, ...(disk && { disk }) };
  }

  async #daysOf({ collection, stream, day }: Part): Promise<Days> {
    const { count, raw, stored } = await sizesOf(collection);
    if (count === 0) return [];
    if (day !== undefined) return [{ stream, day, messages: count, rawBytes: raw, storedBytes: stored }];
    const counts = await this.#countDays(collection);
    const all = counts.reduce((sum, { messages }) => sum + messages, 0);
    return counts.map((each) => {
      const share = each.messages / Math.max(1, all);
      return { stream, ...each, rawBytes: Math.round(raw * share), storedBytes: Math.round(stored * share) };
    });
  }

  async #countDays(collection: Collection): Promise<{ day: string; messages: number }[]> {
    const span = await spanOf(collection);
    if (!span) return [];
    const [first, last] = [span.first, span.last].map((id) => bucketOf(decodeId(id)!.receivedAt, DAY)) as [
      number,
      number,
    ];
    const days: { day: string; messages: number }[] = [];
    for (let at: number | undefined = first; at !== undefined; at = await nextDay(collection, at + DAY)) {
      const day = new Date(at).toISOString().slice(0, 10);
      const key = `${collection.collectionName} ${day}`;
      const known = at > first && at < last - DAY ? this.#counted.get(key) : undefined;
      const messages = known ?? (await countBetween(collection, at));
      this.#counted.set(key, messages);
      if (messages > 0) days.push({ day, messages });
    }
    return days;
  }

  async #disk(): Promise<StoreStats['disk']> {
    const { fsTotalSize, fsUsedSize } = (await this.#db.command({ dbStats: 1, maxTimeMS: MAX_TIME_MS })) as {
      fsTotalSize?: number;
      fsUsedSize?: number;
    };
    if (fsTotalSize === undefined || fsUsedSize === undefined) return undefined;
    return { size: fsTotalSize, free: fsTotalSize - fsUsedSize };
  }
}

/** The next day from `from` on, ms, on which something arrived: a wrong clock may have left years between. */
async function nextDay(collection: Collection, from: number): Promise<number | undefined> {
  const options = { sort: { _id: 1 as const }, projection: { received_at: 1 }, maxTimeMS: MAX_TIME_MS };
  const found = await collection.findOne(arrivedBetween(from, Number.MAX_SAFE_INTEGER), options);
  return found ? bucketOf((found['received_at'] as Date).getTime(), DAY) : undefined;
}

/** Counted in the index of `_id` alone. */
async function countBetween(collection: Collection, day: number): Promise<number> {
  const options = { hint: { _id: 1 as const }, maxTimeMS: MAX_TIME_MS };
  return await collection.countDocuments(arrivedBetween(day, day + DAY - 1), options);
}

async function sizesOf(collection: Collection): Promise<Sizes> {
  const stages: Document[] = [{ $collStats: { storageStats: {} } }];
  const shards = await collection.aggregate(stages, { maxTimeMS: MAX_TIME_MS }).toArray();
  const sum = (read: (stats: Document) => number): number =>
    shards.reduce((all, { storageStats }) => all + read(storageStats), 0);
  return {
    count: sum(({ count }) => count),
    raw: sum(({ size }) => size),
    stored: sum(
      ({ storageSize, freeStorageSize, totalIndexSize }) => storageSize - (freeStorageSize ?? 0) + totalIndexSize,
    ),
  };
}
