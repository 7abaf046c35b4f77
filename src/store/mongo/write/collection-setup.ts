import type { Db } from 'mongodb';
import { reasonOf } from '../../../base/errors.ts';
import type { Logger } from '../../../base/log.ts';
import type { Retention } from '../../contract.ts';
import { ensureCollection, ensureView, listCollections } from '../collections.ts';
import { collectionOf, partOf } from '../documents.ts';

/** How often collections are looked at again: anyone may have changed an index, ms. */
const AGAIN_MS = 3_600_000;

export type CollectionSetupOptions = { readonly retention: Retention; readonly byDay: boolean; readonly log: Logger };

/** Keeps collections what they should be: made before the first message, looked at every hour and after each change. */
export class CollectionSetup {
  readonly #db: Db;
  readonly #log: Logger;
  readonly #byDay: boolean;
  #retention: Retention;
  #allAt = -Infinity;
  /** When each was seen to be right, ms of a clock that only counts. */
  readonly #seen = new Map<string, number>();

  constructor(db: Db, { retention, byDay, log }: CollectionSetupOptions) {
    this.#db = db;
    this.#log = log;
    this.#byDay = byDay;
    this.#retention = retention;
  }

  retain(retention: Retention): void {
    this.#retention = retention;
    this.#seen.clear();
    this.#allAt = -Infinity;
  }

  /** Those of the configured streams and those that are there. */
  async all(): Promise<void> {
    const wanted = this.#byDay ? [] : this.#retention.streams.map(({ name }) => collectionOf(name));
    for (const name of new Set([...wanted, ...(await listCollections(this.#db))])) {
      await this.one(name, partOf(name)!.stream);
    }
  }

  /** All of them once an hour, and soon after a change of the configuration. */
  async due(): Promise<void> {
    const now = performance.now();
    if (now - this.#allAt < AGAIN_MS) return;
    await this.all();
    this.#allAt = now;
  }

  /** One collection, unless it was seen to be right within the hour. */
  async one(name: string, stream: string): Promise<void> {
    const now = performance.now();
    const seen = this.#seen.get(name);
    if (seen !== undefined && now - seen < AGAIN_MS) return;
    const changed = await ensureCollection(this.#db, name, this.#keepOf(name, stream));
    if (changed) this.#log.info(changed);
    this.#seen.set(name, now);
    if (seen === undefined) await this.#view();
  }

  /** A stream that no policy names keeps the TTL index that it has; a collection of one day is dropped instead. */
  #keepOf(name: string, stream: string): number | undefined {
    const policy = this.#retention.streams.find((one) => one.name === stream);
    return policy && partOf(name)!.day === undefined ? (policy.keep ?? Infinity) : undefined;
  }

  async #view(): Promise<void> {
    try {
      const complaint = await ensureView(this.#db);
      if (complaint) this.#log.warn(complaint);
    } catch (error) {
      // Two nodes that make it at once: it is for people, and the next one that starts mends it.
      this.#log.warn(`cannot refresh the view of all streams: ${reasonOf(error)}`);
    }
  }
}
