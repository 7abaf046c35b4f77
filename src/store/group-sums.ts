import type { Group, Grouping } from '../model/query.ts';

/** Groups from several sources, counted together. */
export class GroupSums {
  readonly #groups = new Map<string, { values: Group['values']; at?: number; count: number }>();

  /** Where nothing is grouped by there is one group, if only of nothing. */
  constructor({ by, every }: Grouping) {
    if (by.length === 0 && every === undefined) this.add({ values: [], count: 0 });
  }

  get size(): number {
    return this.#groups.size;
  }

  add({ values, at, count }: Group): void {
    const key = JSON.stringify([values, at ?? null]);
    const sum = this.#groups.get(key);
    if (sum) sum.count += count;
    else this.#groups.set(key, { values, ...(at !== undefined && { at }), count });
  }

  groups(): Group[] {
    return [...this.#groups.values()];
  }
}
