/** Messages by the names of their fields, for `atMost` names and one more: that many tell that there are more. */
export class FieldCounts {
  readonly atMost: number;
  readonly #counts = new Map<string, number>();

  constructor(atMost = Infinity) {
    this.atMost = atMost;
  }

  /** Adds messages that have a field. A new name beyond the limit is left out. */
  add(name: string, messages: number): void {
    const count = this.#counts.get(name);
    if (count !== undefined) this.#counts.set(name, count + messages);
    else if (this.#counts.size <= this.atMost) this.#counts.set(name, messages);
  }

  /** Adds a message with these fields. */
  addMessage(names: readonly string[]): void {
    for (const name of names) this.add(name, 1);
  }

  names(): { name: string; count: number }[] {
    return Array.from(this.#counts, ([name, count]) => ({ name, count }));
  }
}
