import type { Db } from 'mongodb';
import { reasonOf } from '../../../base/errors.ts';
import type { Logger } from '../../../base/log.ts';
import { HOUR } from '../../../base/units.ts';
import type { Retention } from '../../contract.ts';
import { type Ensured, ensureCollection, ensureView, listCollections } from '../collections.ts';
import { collectionOf, partOf } from '../documents.ts';
import { driverReason } from '../driver-reason.ts';
import type { IndexedField } from '../settings.ts';

/** How often collections are checked again, ms: an administrator may have changed an index. */
const CHECK_MS = HOUR;

export type CollectionSetupOptions = {
  readonly retention: Retention;
  readonly byDay: boolean;
  readonly fields: readonly IndexedField[];
  readonly log: Logger;
};

/**
 * Creates collections before their first message, and checks them every hour and after each change
 * of retention.
 */
export class CollectionSetup {
  readonly #db: Db;
  readonly #log: Logger;
  readonly #byDay: boolean;
  readonly #fields: readonly IndexedField[];
  #retention: Retention;
  #allCheckedAt = -Infinity;
  /** When each collection was last checked, by the monotonic clock, ms. */
  readonly #checked = new Map<string, number>();
  /** Indexes that the log has named as spare. */
  readonly #spare = new Set<string>();

  constructor(db: Db, { retention, byDay, fields, log }: CollectionSetupOptions) {
    this.#db = db;
    this.#log = log;
    this.#byDay = byDay;
    this.#fields = fields;
    this.#retention = retention;
  }

  retain(retention: Retention): void {
    this.#retention = retention;
    this.#checked.clear();
    this.#allCheckedAt = -Infinity;
  }

  /** Sets up the collections of the configured streams, and all existing ones. */
  async all(): Promise<void> {
    const wanted = this.#byDay ? [] : this.#retention.streams.map(({ name }) => collectionOf(name));
    for (const name of new Set([...wanted, ...(await listCollections(this.#db))])) {
      await this.one(name, partOf(name)!.stream);
    }
  }

  /** As `all`, at most once an hour, or after a change of retention. */
  async due(): Promise<void> {
    const now = performance.now();
    if (now - this.#allCheckedAt < CHECK_MS) return;
    await this.all();
    this.#allCheckedAt = now;
  }

  /** Sets up one collection, unless it was checked within the hour. */
  async one(name: string, stream: string): Promise<void> {
    const now = performance.now();
    const checkedAt = this.#checked.get(name);
    if (checkedAt !== undefined && now - checkedAt < CHECK_MS) return;
    const wanted = { keep: this.#keepOf(name, stream), fields: this.#fields };
    this.#report(name, await ensureCollection(this.#db, name, wanted));
    this.#checked.set(name, now);
    if (checkedAt === undefined) await this.#view();
  }

  /**
   * Undefined, for no change of the TTL index, if no policy names the stream or the collection is
   * of one day.
   */
  #keepOf(name: string, stream: string): number | undefined {
    const policy = this.#retention.streams.find((one) => one.name === stream);
    return policy && partOf(name)!.day === undefined ? (policy.keep ?? Infinity) : undefined;
  }

  /** Names each spare index once, not for each day's collection. */
  #report(name: string, { changed, spare, building }: Ensured): void {
    if (changed) this.#log.info(changed);
    if (building) {
      const names = building.names.join(', ');
      this.#log.info(`MongoDB builds ${names} of ${name}; until then, searches do without`);
      void building.failure.then(
        (why) => why && this.#log.warn(`cannot build ${names} of ${name}: ${driverReason(why)}`),
      );
    }
    for (const index of spare.filter((each) => !this.#spare.has(each))) {
      this.#spare.add(index);
      this.#log.warn(
        `${name} has ${index}, which is not in indexes: it makes each insert dearer; cordwood check-config prints how to drop it`,
      );
    }
  }

  async #view(): Promise<void> {
    try {
      const failure = await ensureView(this.#db);
      if (failure) this.#log.warn(failure);
    } catch (error) {
      // Two nodes may create it at once. Cordwood does not use it, and the next start corrects it.
      this.#log.warn(`cannot update the view of all streams: ${reasonOf(error)}`);
    }
  }
}
