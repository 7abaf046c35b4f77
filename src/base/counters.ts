/** Room for counters added after the memory is shared: those of about a hundred listeners. */
const SPARE = 4096;

/** What a counter counts. */
export type Unit =
  | 'batches'
  | 'bytes'
  | 'connections'
  | 'damaged places'
  | 'failures'
  | 'fsyncs'
  | 'logins'
  | 'messages'
  | 'milliseconds'
  | 'notices'
  | 'pauses'
  | 'records'
  | 'requests'
  | 'segments'
  | '0 or 1';

/**
 * Declares a counter, once, in the room that counts it: servers make their counters of these
 * declarations, and `scripts/docs.ts` makes docs/counters.md of them.
 */
export type CounterDeclaration<Name extends string = string> = {
  /**
   * As `cordwood stats` shows it. A label in angle brackets stands for a name, as in
   * `pipeline.<stage>.dropped`.
   */
  readonly name: Name;
  /** A counter only grows while the server runs; a gauge is a level of the moment. */
  readonly kind: 'counter' | 'gauge';
  readonly unit: Unit;
  /** What is counted, in a sentence without its full stop. */
  readonly help: string;
  /** The labels in the name, e.g. `stage`. */
  readonly labels: readonly string[];
};

/** Declares a counter, which only grows. */
export function counter<const Name extends string>(name: Name, unit: Unit, help: string): CounterDeclaration<Name> {
  return { name, kind: 'counter', unit, help, labels: labelsIn(name) };
}

/** Declares a gauge, which shows a level of the moment. */
export function gauge<const Name extends string>(name: Name, unit: Unit, help: string): CounterDeclaration<Name> {
  return { name, kind: 'gauge', unit, help, labels: labelsIn(name) };
}

function labelsIn(name: string): string[] {
  return [...name.matchAll(/<(\w+)>/g)].map(([, label]) => label!);
}

/** The names of the counters declared with one label, for each of these values of it. */
export function labelledNames(declarations: readonly CounterDeclaration[], values: readonly string[]): string[] {
  return values.flatMap((value) => declarations.map(({ name }) => name.replace(/<\w+>/, () => value)));
}

/** A counter by its declaration or its name. */
type Named = string | Pick<CounterDeclaration, 'name'>;

/**
 * Named counters in shared memory: each thread counts its own names, all threads read all of them.
 * A name reads `<room>.<what>` or, of a listener or a reason,
 * `listen.<listener>.<what>`, e.g. `listen.tcp0.dropped.oversize`.
 */
export class Counters {
  readonly #names: string[] = [];
  readonly #cells: Float64Array;
  readonly #index = new Map<string, number>();

  constructor(names: readonly Named[], memory = new SharedArrayBuffer((names.length + SPARE) * 8)) {
    this.#cells = new Float64Array(memory);
    this.add(names);
  }

  get names(): readonly string[] {
    return this.#names;
  }

  /**
   * Makes the counters that do not exist yet. Another thread sees them once it has added the
   * `names` of this thread.
   * @throws RangeError if the memory has no room for them
   */
  add(names: readonly Named[]): void {
    for (const one of names) {
      const name = typeof one === 'string' ? one : one.name;
      if (this.#index.has(name)) continue;
      if (this.#names.length === this.#cells.length)
        throw new RangeError(`cannot add the counter ${name}: the shared memory is full`);
      this.#index.set(name, this.#names.push(name) - 1);
    }
  }

  /** What another thread needs to read the same counters. */
  share(): { names: readonly string[]; memory: SharedArrayBuffer } {
    return { names: [...this.#names], memory: this.#cells.buffer as SharedArrayBuffer };
  }

  static from(shared: { names: readonly string[]; memory: SharedArrayBuffer }): Counters {
    return new Counters(shared.names, shared.memory);
  }

  /** The handle of a counter, for hot paths. @throws RangeError if no counter of this name was made */
  counter(name: string): Counter {
    const index = this.#index.get(name);
    if (index === undefined) throw new RangeError(`there is no counter ${name}`);
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
