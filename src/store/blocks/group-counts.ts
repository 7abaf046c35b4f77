import type { Group, Grouping } from '../../model/query.ts';
import type { GroupCounts } from './contract.ts';

type Values = readonly (string | number | null)[];

/** Counts under keys that are interned value by value: a value is looked up once for each block, not for each row. */
export class Counts implements GroupCounts {
  readonly grouping: Grouping;
  /** For each field its values, numbered. */
  readonly #numbers: Map<string | number | null, number>[];
  readonly #groups = new Map<string, { values: Values; at: number | undefined; count: number }>();

  constructor(grouping: Grouping) {
    this.grouping = grouping;
    this.#numbers = grouping.by.map(() => new Map());
  }

  add(values: Values, at: number | undefined, amount: number): void {
    let key = at === undefined ? '' : String(at);
    for (const [field, value] of values.entries()) key += `,${this.#numberOf(field, value)}`;
    const group = this.#groups.get(key);
    if (group) group.count += amount;
    else this.#groups.set(key, { values: [...values], at, count: amount });
  }

  groups(): Group[] {
    const groups = [...this.#groups.values()].map(({ values, at, count }) => ({
      values,
      ...(at !== undefined && { at }),
      count,
    }));
    const nothingAsked = this.grouping.by.length === 0 && this.grouping.every === undefined;
    return groups.length === 0 && nothingAsked ? [{ values: [], count: 0 }] : groups;
  }

  #numberOf(field: number, value: string | number | null): number {
    const numbers = this.#numbers[field]!;
    let number = numbers.get(value);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(value, number);
    }
    return number;
  }
}
