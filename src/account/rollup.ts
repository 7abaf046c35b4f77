import type { StateChange, StoreState } from '../store/contract.ts';
import { DAY, HOUR, MINUTE } from '../base/units.ts';
import { Bucket } from './bucket.ts';
import { OTHER_HOSTS } from './sender-interner.ts';

/** The namespace of the store's state with the account. */
export const ACCOUNT = 'account';
/** Buckets are of minutes. Older ones are added up into hours, these into days, and the oldest days are deleted, ms. */
const KEEP = { minute: 12 * HOUR, hour: 30 * DAY, day: 400 * DAY } as const;
/** Interval at which buckets are rolled up, ms. */
const ROLL_MS = 600_000;
/** Most hosts in a bucket; the others are counted as one. */
const HOSTS = 1000;
/** Buckets kept in memory: those being written to. */
const CACHED = 4;

/** The length of a bucket. */
export type Grain = keyof typeof KEEP;
export const GRAINS: Readonly<Record<Grain, { readonly ms: number; readonly digits: number }>> = {
  minute: { ms: MINUTE, digits: '2026-11-22T16:20'.length },
  hour: { ms: HOUR, digits: '2026-11-22T16'.length },
  day: { ms: DAY, digits: '2026-11-22'.length },
};

/** The key of a bucket: its node, rollup and time. */
export function bucketKey(prefix: string, grain: Grain, at: number): string {
  return `${prefix}/${grain}/${new Date(at).toISOString().slice(0, GRAINS[grain].digits)}`;
}

/** The start of the bucket with this key, ms. */
export function beginOf(key: string): number {
  const stamp = key.slice(key.lastIndexOf('/') + 1);
  return Date.parse(`${stamp}${'T00:00'.slice(stamp.length - GRAINS.day.digits)}Z`);
}

/**
 * Counts by time, in the store's state. Each bucket is written as a whole, so writing it twice is harmless. Only one
 * process at a time writes the buckets of a prefix.
 */
export class Rollup {
  readonly #state: StoreState;
  readonly #prefix: string;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();
  readonly #changed = new Map<string, Bucket | undefined>();
  /** Where buckets of minutes, and of hours, start; older counts belong to the next larger buckets. */
  #minutesFrom: number;
  #hoursFrom: number;
  #rolledAt = -Infinity;

  /** @param prefix the beginning of the keys */
  constructor(state: StoreState, prefix: string, now: () => number) {
    this.#state = state;
    this.#prefix = prefix;
    this.#now = now;
    this.#minutesFrom = horizon(now() - KEEP.minute, HOUR);
    this.#hoursFrom = horizon(now() - KEEP.hour, DAY);
  }

  /** Adds the counts of minutes to their buckets. @throws what the store throws; then nothing is added */
  async add(minutes: ReadonlyMap<number, Bucket>): Promise<void> {
    const keyOf = (minute: number): string => bucketKey(this.#prefix, this.#grainOf(minute), minute);
    const buckets = new Map<string, Bucket>();
    for (const minute of minutes.keys()) buckets.set(keyOf(minute), await this.#bucket(keyOf(minute)));
    for (const [minute, counts] of minutes) {
      const key = keyOf(minute);
      const bucket = buckets.get(key)!;
      bucket.addAll(counts);
      bucket.bound(HOSTS, OTHER_HOSTS);
      this.#changed.set(key, bucket);
    }
  }

  /** The changes to write; the next call returns them again unless `written` was called. */
  changes(): StateChange[] {
    return Array.from(this.#changed, ([key, value]) => ({ namespace: ACCOUNT, key, value: value?.toJSON() }));
  }

  /** Forgets the changes: they are in the store. */
  written(): void {
    this.#changed.clear();
    for (const key of this.#buckets.keys()) {
      if (this.#buckets.size <= CACHED) break;
      this.#buckets.delete(key);
    }
  }

  /** If it is time, rolls old buckets up into larger ones. The `changes` must then be written in one transaction. */
  async roll(): Promise<void> {
    const now = this.#now();
    if (now - this.#rolledAt < ROLL_MS) return;
    const first = this.#rolledAt === -Infinity;
    const [minutesFrom, hoursFrom] = [horizon(now - KEEP.minute, HOUR), horizon(now - KEEP.hour, DAY)];
    if (first || minutesFrom !== this.#minutesFrom) {
      // If the store fails in between, the next call rolls up the rest.
      this.#rolledAt = -Infinity;
      this.#minutesFrom = minutesFrom;
      this.#hoursFrom = hoursFrom;
      await this.#rollUp('minute', minutesFrom);
      await this.#rollUp('hour', hoursFrom);
      for (const { key } of await this.#old('day', now - KEEP.day)) this.#remove(key);
    }
    this.#rolledAt = now;
  }

  async #rollUp(grain: Grain, before: number): Promise<void> {
    for (const { key, value } of await this.#old(grain, before)) {
      const bucket = this.#changed.get(key) ?? this.#buckets.get(key) ?? Bucket.from(value);
      await this.add(new Map([[beginOf(key), bucket]]));
      this.#remove(key);
    }
  }

  async #old(grain: Grain, before: number): Promise<{ key: string; value: unknown }[]> {
    const entries = await this.#state.scan(`${this.#prefix}/${grain}/`);
    const isRemoved = (key: string): boolean => this.#changed.has(key) && this.#changed.get(key) === undefined;
    return entries.filter(({ key }) => beginOf(key) < before && !isRemoved(key));
  }

  #remove(key: string): void {
    this.#buckets.delete(key);
    this.#changed.set(key, undefined);
  }

  #grainOf(minute: number): Grain {
    if (minute >= this.#minutesFrom) return 'minute';
    return minute >= this.#hoursFrom ? 'hour' : 'day';
  }

  async #bucket(key: string): Promise<Bucket> {
    let bucket = this.#buckets.get(key);
    if (!bucket) {
      const entry = this.#changed.has(key) ? undefined : await this.#state.get(key);
      bucket = entry ? Bucket.from(entry.value) : new Bucket();
      this.#buckets.set(key, bucket);
    }
    return bucket;
  }
}

function horizon(at: number, step: number): number {
  return Math.floor(at / step) * step;
}
