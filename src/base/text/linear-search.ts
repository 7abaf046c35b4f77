/** How far a search may move on after a mismatch (Knuth, Morris and Pratt): by the units that match so far. */
export function borders(length: number, unitAt: (index: number) => number): Int32Array {
  const table = new Int32Array(length);
  for (let at = 1, matched = 0; at < length; at++) {
    while (matched > 0 && unitAt(at) !== unitAt(matched)) matched = table[matched - 1]!;
    if (unitAt(at) === unitAt(matched)) matched++;
    table[at] = matched;
  }
  return table;
}

/** Finds a text in texts, each unit of which is read once: no text makes it slow. */
export class LinearSearch {
  readonly #needle: string;
  readonly #borders: Int32Array;

  constructor(needle: string) {
    this.#needle = needle;
    this.#borders = borders(needle.length, (index) => needle.charCodeAt(index));
  }

  /** The index of the first occurrence at or after `from`; -1 if there is none. */
  indexOf(text: string, from: number): number {
    const needle = this.#needle;
    const table = this.#borders;
    if (needle === '') return from;
    let matched = 0;
    for (let at = from; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      while (matched > 0 && unit !== needle.charCodeAt(matched)) matched = table[matched - 1]!;
      if (unit === needle.charCodeAt(matched)) matched++;
      if (matched === needle.length) return at + 1 - matched;
    }
    return -1;
  }
}
