/** Counters that may still be made once the memory is shared: those of some hundred listeners. */
const SPARE = 4096;

/**
 * Named counters in shared memory: each thread counts its own names, all threads read all of them.
 * A name reads `<room>.<what>` or, of a listener or a reason,
 * `listen.<listener>.<what>`, e.g. `listen.tcp0.dropped.oversize`.
 */
export class Counters {
  readonly #names: string[] = [];
  readonly #cells: Float64Array;
  readonly #index = new Map<string, number>();

  constructor(names: readonly string[], memory = new SharedArrayBuffer((names.length + SPARE) * 8)) {
    this.#cells = new Float64Array(memory);
    this.add(names);
  }

  get names(): readonly string[] {
    return this.#names;
  }

  /**
   * Makes the counters that do not exist yet. Another thread sees them once it has added the `names` that this thread
   * has then. @throws RangeError where the memory has no room for them
   */
  add(names: readonly string[]): void {
    for (const name of names) {
      if (this.#index.has(name)) continue;
      if (this.#names.length === this.#cells.length) throw new RangeError(`no room is left for the counter ${name}`);
      this.#index.set(name, this.#names.push(name) - 1);
    }
  }

  /** What another thread needs to see the same counters. */
  share(): { names: readonly string[]; memory: SharedArrayBuffer } {
    return { names: [...this.#names], memory: this.#cells.buffer as SharedArrayBuffer };
  }

  static from(shared: { names: readonly string[]; memory: SharedArrayBuffer }): Counters {
    return new Counters(shared.names, shared.memory);
  }

  /** The handle of a counter, for hot paths. @throws RangeError where the name was not made */
  counter(name: string): Counter {
    const index = this.#index.get(name);
    if (index === undefined) throw new RangeError(`no counter is named ${name}`);
    return new Counter(this.#cells, index);
  }

  get(name: string): number {
    return this.counter(name).value;
  }

  snapshot(): Record<string, number> {
    return Object.fromEntries(this.#names.map((name, index) => [name, this.#cells[index]!]));
  }
}

/** One counter; only one thread may change it. */
export class Counter {
  readonly #cells: Float64Array;
  readonly #index: number;

  constructor(cells: Float64Array, index: number) {
    this.#cells = cells;
    this.#index = index;
  }

  get value(): number {
    return this.#cells[this.#index]!;
  }

  add(amount = 1): void {
    this.#cells[this.#index]! += amount;
  }

  set(value: number): void {
    this.#cells[this.#index] = value;
  }
}
