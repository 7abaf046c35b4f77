/**
 * A map that keeps about `limit` of the most recently used entries. Two generations approximate an
 * order of use, which would cost more per look-up: when the younger generation fills up, it becomes
 * the older one, and whatever is left in the older one, unused since the last turnover, is dropped.
 */
export class RecentMap<Value> {
  readonly #make: (key: string) => Value;
  readonly #onDropped: (values: Iterable<Value>) => void;
  readonly #half: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  /**
   * @param make creates the value of a key that is not in the map
   * @param onDropped receives each value that is dropped, exactly once
   */
  constructor(limit: number, make: (key: string) => Value, onDropped: (values: Iterable<Value>) => void = () => {}) {
    this.#half = Math.ceil(limit / 2);
    this.#make = make;
    this.#onDropped = onDropped;
  }

  /** The number of entries. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** The value of `key`, created if it is not in the map. */
  get(key: string): Value {
    const known = this.#young.get(key);
    if (known !== undefined) return known;
    if (this.#young.size >= this.#half) {
      this.#onDropped(this.#old.values());
      this.#old = this.#young;
      this.#young = new Map();
    }
    const value = this.#old.get(key) ?? this.#make(key);
    this.#old.delete(key);
    this.#young.set(key, value);
    return value;
  }

  /** Drops all entries. */
  clear(): void {
    this.#onDropped([...this.#young.values(), ...this.#old.values()]);
    this.#young.clear();
    this.#old.clear();
  }
}
