import type { StateChange, StoreState } from '../store/contract.ts';
import { Bucket } from './bucket.ts';
import { OTHER_HOSTS } from './sender-interner.ts';

export const ACCOUNT = 'account';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Cells are of minutes, and rolled into hours and days when they are older than this; days are forgotten, ms. */
const KEEP = { minute: 12 * HOUR, hour: 30 * DAY, day: 400 * DAY } as const;
/** How often cells are rolled, ms. */
const ROLL_MS = 600_000;
/** Hosts that a cell names; the others are one. */
const HOSTS = 1000;
/** Cells kept in memory: those that are written to now. */
const CACHED = 4;

/** How long a stretch of time a cell is of. */
export type Grain = keyof typeof KEEP;
export const GRAINS: Readonly<Record<Grain, { readonly ms: number; readonly digits: number }>> = {
  minute: { ms: 60_000, digits: '2026-11-22T16:20'.length },
  hour: { ms: HOUR, digits: '2026-11-22T16'.length },
  day: { ms: DAY, digits: '2026-11-22'.length },
};

/** The key of a cell: of which node, in which book, of which stretch of time. */
export function bucketKey(prefix: string, grain: Grain, at: number): string {
  return `${prefix}/${grain}/${new Date(at).toISOString().slice(0, GRAINS[grain].digits)}`;
}

/** When the cell of a key begins, ms. */
export function beginOf(key: string): number {
  const stamp = key.slice(key.lastIndexOf('/') + 1);
  return Date.parse(`${stamp}${'T00:00'.slice(stamp.length - GRAINS.day.digits)}Z`);
}

/**
 * What was counted, cell by cell of time, in the store's state. Cells are written whole, so that writing one twice is
 * writing it once; only one process at a time writes those of a prefix.
 */
export class Rollup {
  readonly #state: StoreState;
  readonly #prefix: string;
  readonly #now: () => number;
  readonly #cells = new Map<string, Bucket>();
  readonly #changed = new Map<string, Bucket | undefined>();
  /** Cells of minutes, and of hours, begin no earlier than these: what is older is counted in the next larger ones. */
  #minutesFrom: number;
  #hoursFrom: number;
  #rolledAt = -Infinity;

  /** @param prefix begins the keys of the cells */
  constructor(state: StoreState, prefix: string, now: () => number) {
    this.#state = state;
    this.#prefix = prefix;
    this.#now = now;
    this.#minutesFrom = horizon(now() - KEEP.minute, HOUR);
    this.#hoursFrom = horizon(now() - KEEP.hour, DAY);
  }

  /** Adds to the cells that these minutes belong to. @throws what the store throws: then nothing is added */
  async add(minutes: ReadonlyMap<number, Bucket>): Promise<void> {
    const keyOf = (minute: number): string => bucketKey(this.#prefix, this.#grainOf(minute), minute);
    const cells = new Map<string, Bucket>();
    for (const minute of minutes.keys()) cells.set(keyOf(minute), await this.#cell(keyOf(minute)));
    for (const [minute, counts] of minutes) {
      const key = keyOf(minute);
      const cell = cells.get(key)!;
      cell.addAll(counts);
      cell.bound(HOSTS, OTHER_HOSTS);
      this.#changed.set(key, cell);
    }
  }

  /** What is to be written; the same, and more, is given out again until `written`. */
  changes(): StateChange[] {
    return Array.from(this.#changed, ([key, value]) => ({ namespace: ACCOUNT, key, value: value?.toJSON() }));
  }

  /** What `changes` gave is in the store. */
  written(): void {
    this.#changed.clear();
    for (const key of this.#cells.keys()) {
      if (this.#cells.size <= CACHED) break;
      this.#cells.delete(key);
    }
  }

  /** Now and then, makes larger cells of old ones; that is among the `changes`, which must be written together. */
  async roll(): Promise<void> {
    const now = this.#now();
    if (now - this.#rolledAt < ROLL_MS) return;
    const first = this.#rolledAt === -Infinity;
    const [minutesFrom, hoursFrom] = [horizon(now - KEEP.minute, HOUR), horizon(now - KEEP.hour, DAY)];
    if (first || minutesFrom !== this.#minutesFrom) {
      // Where the store fails in between, what is left is rolled the next time.
      this.#rolledAt = -Infinity;
      this.#minutesFrom = minutesFrom;
      this.#hoursFrom = hoursFrom;
      await this.#enlarge('minute', minutesFrom);
      await this.#enlarge('hour', hoursFrom);
      for (const { key } of await this.#old('day', now - KEEP.day)) this.#remove(key);
    }
    this.#rolledAt = now;
  }

  async #enlarge(grain: Grain, before: number): Promise<void> {
    for (const { key, value } of await this.#old(grain, before)) {
      const cell = this.#changed.get(key) ?? this.#cells.get(key) ?? Bucket.from(value);
      await this.add(new Map([[beginOf(key), cell]]));
      this.#remove(key);
    }
  }

  async #old(grain: Grain, before: number): Promise<{ key: string; value: unknown }[]> {
    const entries = await this.#state.scan(`${this.#prefix}/${grain}/`);
    const isRemoved = (key: string): boolean => this.#changed.has(key) && this.#changed.get(key) === undefined;
    return entries.filter(({ key }) => beginOf(key) < before && !isRemoved(key));
  }

  #remove(key: string): void {
    this.#cells.delete(key);
    this.#changed.set(key, undefined);
  }

  #grainOf(minute: number): Grain {
    if (minute >= this.#minutesFrom) return 'minute';
    return minute >= this.#hoursFrom ? 'hour' : 'day';
  }

  async #cell(key: string): Promise<Bucket> {
    let cell = this.#cells.get(key);
    if (!cell) {
      const entry = this.#changed.has(key) ? undefined : await this.#state.get(key);
      cell = entry ? Bucket.from(entry.value) : new Bucket();
      this.#cells.set(key, cell);
    }
    return cell;
  }
}

function horizon(at: number, step: number): number {
  return Math.floor(at / step) * step;
}
