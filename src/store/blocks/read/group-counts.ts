import { textIn } from '../../../model/grouping.ts';
import type { Group, Grouping } from '../../../model/query.ts';
import type { GroupCounts } from '../contract.ts';

export type GroupValue = string | number | null;
type GroupCount = { readonly numbers: readonly number[]; readonly at: number | undefined; count: number };

/** Up to three numbers below this are combined into an integer key; others are joined as text. */
const LIMIT = 2 ** 17;
/**
 * The number shared by all values that occur in no group of `only`, and the key of groups with such
 * a value.
 */
const REST = 0;
const REST_KEY = 'rest';

/**
 * Counts by numbered values: each value of a block is looked up once, and its rows are counted by
 * number.
 */
export class NumberedCounts implements GroupCounts {
  readonly grouping: Grouping;
  /** For each field: value → number, and number → value. */
  readonly #numbers: Map<GroupValue, number>[];
  readonly #values: GroupValue[][];
  readonly #buckets = new Map<number | undefined, Map<number | string, GroupCount>>();
  /** Keys of the groups of `only`. */
  readonly #only: ReadonlySet<number | string> | undefined;
  #size = 0;
  /** Characters of the values that are kept; each is kept once. */
  #text = 0;

  constructor(grouping: Grouping) {
    this.grouping = grouping;
    this.#numbers = grouping.by.map(() => new Map());
    this.#values = grouping.by.map(() => (grouping.only ? [null] : []));
    const groups = grouping.only?.map((values) => values.map((value, field) => this.numberOf(field, value)));
    this.#only = groups && new Set(groups.map(keyOf));
  }

  add(values: readonly GroupValue[], at: number | undefined, amount: number): void {
    this.addNumbered(
      values.map((value, field) => this.numberOf(field, value)),
      at,
      amount,
    );
  }

  /** The number of a value of a field of `by`; values in no group of `only` share one. */
  numberOf(field: number, value: GroupValue): number {
    const numbers = this.#numbers[field]!;
    let number = numbers.get(value);
    if (number === undefined) {
      if (this.#only) return REST;
      number = this.#values[field]!.push(value) - 1;
      numbers.set(value, number);
      this.#text += textIn([value]);
    }
    return number;
  }

  /** `add` for values numbered by `numberOf`; the array is copied if it is kept. */
  addNumbered(numbers: readonly number[], at: number | undefined, amount: number): void {
    let counts = this.#buckets.get(at);
    if (!counts) {
      counts = new Map();
      this.#buckets.set(at, counts);
    }
    let key = keyOf(numbers);
    if (this.#only && !this.#only.has(key)) key = REST_KEY;
    const group = counts.get(key);
    if (group) {
      group.count += amount;
    } else {
      this.#size++;
      counts.set(key, { numbers: key === REST_KEY ? [] : [...numbers], at, count: amount });
    }
  }

  get size(): number {
    return this.#size;
  }

  /** Whether there is more than the grouping allows. */
  get full(): boolean {
    const { atMost = Infinity, atMostText = Infinity } = this.grouping;
    return this.#size > atMost || this.#text > atMostText;
  }

  groups(): Group[] {
    const counts = [...this.#buckets.values()].flatMap((bucket) => [...bucket.values()]);
    const groups = counts.map(({ numbers, at, count }) => ({
      values: numbers.map((number, field) => this.#values[field]![number]!),
      ...(this.#only && numbers.length === 0 && { rest: true as const }),
      ...(at !== undefined && { at }),
      count,
    }));
    const nothingAsked = this.grouping.by.length === 0 && this.grouping.every === undefined;
    return groups.length === 0 && nothingAsked ? [{ values: [], count: 0 }] : groups;
  }
}

function keyOf(numbers: readonly number[]): number | string {
  if (numbers.length > 3) return numbers.join();
  let key = 0;
  for (const number of numbers) {
    if (number >= LIMIT) return numbers.join();
    key = key * LIMIT + number;
  }
  return key;
}
