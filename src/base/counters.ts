/**
 * Named counters in shared memory: each thread counts its own names, all threads read all of them.
 * A name is made before the memory is shared; it reads `<room>.<what>` or, of a listener or a reason,
 * `listen.<listener>.<what>`, e.g. `listen.tcp0.dropped.oversize`.
 */
export class Counters {
  readonly names: readonly string[];
  readonly #cells: Float64Array;
  readonly #index = new Map<string, number>();

  constructor(names: readonly string[], memory = new SharedArrayBuffer(names.length * 8)) {
    this.names = names;
    this.#cells = new Float64Array(memory);
    for (const [index, name] of names.entries()) this.#index.set(name, index);
  }

  /** What another thread needs to see the same counters. */
  share(): { names: readonly string[]; memory: SharedArrayBuffer } {
    return { names: this.names, memory: this.#cells.buffer as SharedArrayBuffer };
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
    return Object.fromEntries(this.names.map((name, index) => [name, this.#cells[index]!]));
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
