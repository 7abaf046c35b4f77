import { textIn } from '../model/grouping.ts';
import type { Group, Grouping } from '../model/query.ts';

/** Sums groups from several sources. */
export class GroupSums {
  readonly #groups = new Map<string, { values: Group['values']; rest?: true; at?: number; count: number }>();
  readonly #only: ReadonlySet<string> | undefined;
  readonly #grouping: Grouping;
  #text = 0;

  /** Without a grouping there is exactly one group, even if it counts nothing. */
  constructor(grouping: Grouping) {
    const { by, every, only } = grouping;
    this.#grouping = grouping;
    this.#only = only && new Set(only.map((values) => JSON.stringify(values)));
    if (by.length === 0 && every === undefined) this.add({ values: [], count: 0 });
  }

  get size(): number {
    return this.#groups.size;
  }

  /** Whether there is more than the grouping allows. */
  get full(): boolean {
    const { atMost = Infinity, atMostText = Infinity } = this.#grouping;
    return this.size > atMost || this.#text > atMostText;
  }

  /** Adds a group; one that `only` does not name is counted in the rest. */
  add({ values, at, rest, count }: Group): void {
    if (!rest && this.#only && !this.#only.has(JSON.stringify(values))) {
      this.add({ values: [], rest: true, ...(at !== undefined && { at }), count });
      return;
    }
    const key = JSON.stringify([rest ?? values, at ?? null]);
    const sum = this.#groups.get(key);
    if (sum) {
      sum.count += count;
      return;
    }
    this.#text += textIn(values);
    this.#groups.set(key, { values, ...(rest && { rest }), ...(at !== undefined && { at }), count });
  }

  groups(): Group[] {
    return [...this.#groups.values()];
  }
}
