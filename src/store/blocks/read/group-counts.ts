import { textIn } from '../../../model/grouping.ts';
import type { Group, Grouping } from '../../../model/query.ts';
import type { GroupCounts } from '../contract.ts';
import { type CountedRows, DenseCounts, type NumberedField } from './dense-counts.ts';

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
/** Fields that are counted by cells. */
const MOST_DENSE = 2;

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
  /** What was counted by cells; undefined once there were too many, or if only some groups count. */
  #dense: DenseCounts | undefined;
  #size = 0;
  /** Characters of the values that are kept; each is kept once. */
  #text = 0;

  constructor(grouping: Grouping) {
    this.grouping = grouping;
    this.#numbers = grouping.by.map(() => new Map());
    this.#values = grouping.by.map(() => (grouping.only ? [null] : []));
    const groups = grouping.only?.map((values) => values.map((value, field) => this.numberOf(field, value)));
    this.#only = groups && new Set(groups.map(keyOf));
    if (!groups && grouping.by.length <= MOST_DENSE) this.#dense = new DenseCounts(grouping.by.length);
  }

  /**
   * Adds runs of rows with one value for each field. @returns false if they are too many values to
   * count by cells: nothing was added then
   */
  addRows(
    fields: readonly NumberedField[],
    runs: readonly (CountedRows & { readonly at: number | undefined })[],
  ): boolean {
    const sizes = this.#values.map((values) => values.length);
    if (!this.#dense) return false;
    if (
      this.#dense.reserve(
        sizes,
        runs.map(({ at }) => at),
      )
    ) {
      for (const run of runs) this.#dense.add(fields, run, run.at);
      return true;
    }
    this.#leaveDense(this.#dense);
    return false;
  }

  /** From now on, counts are kept by key. */
  #leaveDense(dense: DenseCounts): void {
    this.#dense = undefined;
    dense.forEach(this.grouping.by.length, (numbers, at, count) => this.addNumbered(numbers, at, count));
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
    if (this.#dense) {
      const sizes = this.#values.map((values) => values.length);
      if (this.#dense.reserve(sizes, [at])) {
        this.#dense.addCell(numbers, at, amount);
        return;
      }
      this.#leaveDense(this.#dense);
    }
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
    return this.#size + (this.#dense?.size ?? 0);
  }

  /** Whether there is more than the grouping allows. */
  get full(): boolean {
    const { atMost = Infinity, atMostText = Infinity } = this.grouping;
    return this.size > atMost || this.#text > atMostText;
  }

  groups(): Group[] {
    const counts: GroupCount[] = [...this.#buckets.values()].flatMap((bucket) => [...bucket.values()]);
    this.#dense?.forEach(this.grouping.by.length, (numbers, at, count) => counts.push({ numbers, at, count }));
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
