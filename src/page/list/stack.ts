/** What stands in a stack. */
export type Stacked = {
  readonly rows: readonly unknown[];
  /** px, if the height does not follow from the number of lines. */
  measured: number | undefined;
  /** px from the top; the stack sets it. */
  top: number;
};

/** Places in an array of chunks, the last one included. */
type Range = { readonly from: number; readonly to: number };

/** The chunks of a list one below the other, in pixels, without asking the browser for each. */
export class Stack<Chunk extends Stacked> {
  readonly chunks: Chunk[] = [];
  /** Of a line that does not wrap, px. */
  rowHeight = 22;
  #isStale = true;
  #height = 0;

  /** Of all chunks together, px. */
  get height(): number {
    this.#settle();
    return this.#height;
  }

  /** Must be told when a chunk gets another height, and when one comes or goes. */
  changed(): void {
    this.#isStale = true;
  }

  heightOf({ measured, rows }: Chunk): number {
    return measured ?? rows.length * this.rowHeight;
  }

  topOf(chunk: Chunk): number {
    this.#settle();
    return chunk.top;
  }

  /** The chunks between these heights, px; the nearest one if there is nothing. */
  between(top: number, bottom: number): Range {
    this.#settle();
    return { from: this.#at(top), to: this.#at(bottom) };
  }

  /** The last chunk that begins at this height or above it. */
  #at(y: number): number {
    let [low, high] = [0, this.chunks.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.chunks[middle]!.top <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #settle(): void {
    if (!this.#isStale) return;
    let top = 0;
    for (const chunk of this.chunks) {
      chunk.top = top;
      top += this.heightOf(chunk);
    }
    this.#height = top;
    this.#isStale = false;
  }
}
