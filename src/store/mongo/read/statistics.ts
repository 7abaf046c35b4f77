import type { Db } from 'mongodb';
import type { StoreStats } from '../../contract.ts';
import { listCollections } from '../collections.ts';
import { daysOf } from '../retention/days.ts';
import { MAX_TIME_MS } from './finding.ts';

/**
 * Sizes of the collections, by day. Raw bytes are those of the documents, since the length of the
 * received lines is not recorded. The bytes of a collection are divided among its days by number of
 * messages.
 */
export class Statistics {
  readonly #db: Db;
  /** Cache of daily counts: counting a year takes a while, and past days rarely change. */
  readonly #counted = new Map<string, number>();

  constructor(db: Db) {
    this.#db = db;
  }

  async read(): Promise<StoreStats> {
    const days: StoreStats['days'][number][] = [];
    for (const name of await listCollections(this.#db)) {
      for (const each of await daysOf(this.#db, name, Infinity, this.#counted)) {
        const { stream, day, messages, documentBytes, storedBytes } = each;
        days.push({ stream, day, messages, rawBytes: documentBytes, storedBytes });
      }
    }
    const disk = await this.#disk();
    return { kind: 'mongodb', days, damaged: 0, ...(disk && { disk }) };
  }

  async #disk(): Promise<StoreStats['disk']> {
    const stats = await this.#db.command({ dbStats: 1, maxTimeMS: MAX_TIME_MS });
    const { fsTotalSize, fsUsedSize } = stats as { fsTotalSize?: number; fsUsedSize?: number };
    if (fsTotalSize === undefined || fsUsedSize === undefined) return undefined;
    return { size: fsTotalSize, free: fsTotalSize - fsUsedSize };
  }
}
