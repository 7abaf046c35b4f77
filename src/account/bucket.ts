/** What is counted of one thing: names of counts and their values. */
export type Counts = Record<string, number>;

/** Of what: a listener, a host (of all listeners), or a stage of the pipeline. */
export type Kind = 'listener' | 'host' | 'stage';

/** What was counted in one stretch of time. */
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

  /** The names of a kind with their counts. */
  rows(kind: Kind): { readonly name: string; readonly counts: Counts }[] {
    return [...this.#rows.values()].filter((row) => row.kind === kind);
  }

  /** Hosts beyond the `limit` with the highest counts become one, of the name given. */
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

  /** Reads what `toJSON` made. */
  static from(value: unknown): Bucket {
    const cell = new Bucket();
    for (const [kind, name, counts] of value as [Kind, string, Counts][]) {
      for (const [what, amount] of Object.entries(counts)) cell.add(kind, name, what, amount);
    }
    return cell;
  }
}
