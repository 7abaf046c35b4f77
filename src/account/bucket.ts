/** The counts of one thing, by name. */
export type Counts = Record<string, number>;

/** What is counted: a listener, a host (of all listeners), or a stage of the pipeline. */
export type Kind = 'listener' | 'host' | 'stage';

/** The counts of one span of time. */
export class Bucket {
  readonly #rows = new Map<string, { readonly kind: Kind; readonly name: string; readonly counts: Counts }>();

  add(kind: Kind, name: string, what: string, amount: number): void {
    if (amount === 0) return;
    const key = `${kind} ${name}`;
    let row = this.#rows.get(key);
    if (!row) {
      row = { kind, name, counts: Object.create(null) as Counts };
      this.#rows.set(key, row);
    }
    row.counts[what] = (row.counts[what] ?? 0) + amount;
  }

  addAll(other: Bucket): void {
    for (const { kind, name, counts } of other.#rows.values()) {
      for (const [what, amount] of Object.entries(counts)) this.add(kind, name, what, amount);
    }
  }

  get isEmpty(): boolean {
    return this.#rows.size === 0;
  }

  /** The counts of all things of a kind. */
  rows(kind: Kind): { readonly name: string; readonly counts: Counts }[] {
    return [...this.#rows.values()].filter((row) => row.kind === kind);
  }

  /** Keeps the `limit` hosts with the highest counts and adds the others up under the name `other`. */
  bound(limit: number, other: string): void {
    const hosts = this.rows('host');
    if (hosts.length <= limit) return;
    const total = (counts: Counts): number => Object.values(counts).reduce((sum, each) => sum + each, 0);
    hosts.sort((a, b) => Number(a.name === other) - Number(b.name === other) || total(b.counts) - total(a.counts));
    for (const { name, counts } of hosts.slice(limit - 1)) {
      if (name === other) continue;
      this.#rows.delete(`host ${name}`);
      for (const [what, amount] of Object.entries(counts)) this.add('host', other, what, amount);
    }
  }

  toJSON(): unknown {
    return [...this.#rows.values()].map(({ kind, name, counts }) => [kind, name, counts]);
  }

  /** Reads the result of `toJSON`. */
  static from(value: unknown): Bucket {
    const bucket = new Bucket();
    for (const [kind, name, counts] of value as [Kind, string, Counts][]) {
      for (const [what, amount] of Object.entries(counts)) bucket.add(kind, name, what, amount);
    }
    return bucket;
  }
}
