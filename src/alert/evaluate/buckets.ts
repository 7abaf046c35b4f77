import { type Key, MAX_KEY_TEXT, MAX_KEYS, OTHER } from '../rules/keys.ts';

/** Messages of a key within a minute (ms); `key` is an index into `keys`. */
type Bucket = readonly [minute: number, key: number, count: number];
/**
 * Buckets as they are stored: each key once with its last and first minute, then the counts. The
 * keys are a stored format.
 */
export type StoredBuckets = {
  readonly keys: readonly (readonly [Key, last: number, first: number])[];
  readonly cells: readonly Bucket[];
};

/**
 * Counts by key and minute that are kept: some 50 MB while a rule is judged, and as compressed JSON
 * within the 16 MB of a document of MongoDB.
 */
export const MAX_CELLS = 1_000_000;

export const NO_BUCKETS: StoredBuckets = { keys: [], cells: [] };

/** Counts by minute of arrival and key: what a rule remembers about the messages it has counted. */
export class Buckets {
  readonly #keys = new Map<Key, { last: number; first: number; readonly minutes: Map<number, number> }>();

  /** Characters of the keys, and counts by key and minute. */
  #text = 0;
  #cells = 0;

  constructor({ keys, cells }: StoredBuckets = NO_BUCKETS) {
    for (const [key, last, first] of keys) {
      this.#keys.set(key, { last, first, minutes: new Map() });
      this.#text += key.length;
    }
    for (const [minute, key, count] of cells) this.#keys.get(keys[key]![0])!.minutes.set(minute, count);
    this.#cells = cells.length;
  }

  /** Keys that may make room; computed when needed. */
  #single: Key[] | undefined;

  add(minute: number, key: Key, count: number): void {
    const name = this.#hasRoom(minute, key, count) ? key : OTHER;
    if (!this.#keys.has(name)) this.#text += name.length;
    const known = this.#keys.get(name) ?? { last: minute, first: minute, minutes: new Map<number, number>() };
    this.#keys.set(name, known);
    known.last = Math.max(known.last, minute);
    known.first = Math.min(known.first, minute);
    if (!known.minutes.has(minute)) this.#cells++;
    known.minutes.set(minute, (known.minutes.get(minute) ?? 0) + count);
  }

  /** Whether a key can be counted apart in a minute. */
  #hasRoom(minute: number, key: Key, count: number): boolean {
    const known = this.#keys.get(key);
    if (this.#cells >= MAX_CELLS) return known?.minutes.has(minute) ?? false;
    if (known) return true;
    const fits = (): boolean => this.#keys.size < MAX_KEYS && this.#text + key.length <= MAX_KEY_TEXT;
    while (!fits()) if (count <= 1 || !this.#makeRoom()) return false;
    return true;
  }

  /** Counts a key with a single message, as forged ones have, under `OTHER` from now on. */
  #makeRoom(): boolean {
    this.#single ??= [...this.#keys.keys()].filter((key) => this.#isSingle(key));
    for (let key = this.#single.pop(); key !== undefined; key = this.#single.pop()) {
      if (!this.#isSingle(key)) continue;
      const { first } = this.#keys.get(key)!;
      this.#keys.delete(key);
      this.#text -= key.length;
      this.#cells--;
      this.add(first, OTHER, 1);
      return true;
    }
    return false;
  }

  #isSingle(key: Key): boolean {
    const known = this.#keys.get(key);
    return key !== OTHER && known?.first === known?.last && known?.minutes.get(known.first) === 1;
  }

  /** All keys that are counted apart. */
  keys(): Key[] {
    return [...this.#keys.keys()];
  }

  /**
   * Messages by key between two whole minutes (ms), the end excluded; keys without messages are
   * absent.
   */
  sums(from: number, to: number): Map<Key, number> {
    const sums = new Map<Key, number>();
    for (const [key, { minutes }] of this.#keys) {
      let sum = 0;
      for (const [minute, count] of minutes) if (minute >= from && minute < to) sum += count;
      if (sum > 0) sums.set(key, sum);
    }
    return sums;
  }

  /** The minutes that have messages, ms, in no particular order. */
  minutes(): number[] {
    return [...new Set([...this.#keys.values()].flatMap(({ minutes }) => [...minutes.keys()]))];
  }

  /** These counts minus others. */
  without(others: Buckets): Buckets {
    const rest = new Buckets(this.stored(-Infinity, -Infinity));
    for (const [key, { minutes }] of others.#keys) {
      for (const [minute, count] of minutes) if (this.#keys.has(key)) rest.add(minute, key, -count);
    }
    return rest;
  }

  /** The first minute of a key, ms; undefined if the key is not known. */
  first(key: Key): number | undefined {
    return this.#keys.get(key)?.first;
  }

  /** Messages of a key in its last minute; undefined if the key is not known. */
  last(key: Key): number | undefined {
    const known = this.#keys.get(key);
    return known?.minutes.get(known.last);
  }

  /** Keys that had messages since `from`, ms; without `OTHER`, whose absence means nothing. */
  known(from: number): Set<Key> {
    return new Set([...this.#keys].filter(([key, { last }]) => last >= from && key !== OTHER).map(([key]) => key));
  }

  /** What to store: the minutes since `from`, and the keys that had messages since `memory`, ms. */
  stored(from: number, memory: number): StoredBuckets {
    const keys: [Key, number, number][] = [];
    const cells: Bucket[] = [];
    for (const [key, { last, first, minutes }] of this.#keys) {
      const kept = [...minutes].filter(([minute]) => minute >= from);
      if (kept.length === 0 && last < memory) continue;
      for (const [minute, count] of kept) cells.push([minute, keys.length, count]);
      keys.push([key, last, first]);
    }
    return { keys, cells };
  }
}
