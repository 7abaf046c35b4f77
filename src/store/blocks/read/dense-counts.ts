/** Most cells of all tables together, 8 bytes each; beyond that, counts are kept by key. */
const MOST_CELLS = 1 << 18;
const FIRST_WIDTH = 16;

/** Values by number, for each place the number of its value: one field of the rows to count. */
export type NumberedField = {
  /** Id in the column → number of its value, over all blocks. */
  readonly numberOf: Uint32Array;
  /** Place (or row) → id in the column. */
  readonly ids: Uint16Array;
};

/** Which rows to count: those from `from` to below `to`, by place if `places` says which that is. */
export type CountedRows = {
  readonly from: number;
  readonly to: number;
  readonly places: Uint16Array | undefined;
  /** Place → 1 if it counts; undefined if all count. */
  readonly mask: Uint8Array | undefined;
};

/**
 * Counts by up to two numbered values and time bucket in tables with a cell for each combination,
 * so that a row costs one addition.
 */
export class DenseCounts {
  /** Cells that are not zero. */
  size = 0;
  readonly #tables = new Map<number | undefined, Float64Array>();
  /** Numbers that there is room for, of the first and of the second field. */
  #height = FIRST_WIDTH;
  #width: number;

  /** @param fields 0 to 2 */
  constructor(fields: number) {
    this.#width = fields === 2 ? FIRST_WIDTH : 1;
    if (fields === 0) this.#height = 1;
  }

  /**
   * Makes room for so many numbers of each field in the tables of the times. @returns false if that
   * is too much
   */
  reserve([height = 1, width = 1]: readonly number[], times: readonly (number | undefined)[]): boolean {
    const [newHeight, newWidth] = [roomFor(this.#height, height), roomFor(this.#width, width)];
    const more = times.filter((at) => !this.#tables.has(at)).length;
    if (newHeight * newWidth * (this.#tables.size + more) > MOST_CELLS) return false;
    if (newHeight !== this.#height || newWidth !== this.#width) this.#resize(newHeight, newWidth);
    return true;
  }

  /** Adds rows; there must be room for their numbers. */
  add(
    [first, second]: readonly NumberedField[],
    { from, to, places, mask }: CountedRows,
    at: number | undefined,
  ): void {
    const table = this.#tableOf(at);
    const width = this.#width;
    if (!first && !mask) {
      this.size += table[0] === 0 ? 1 : 0;
      table[0]! += to - from;
      return;
    }
    let size = 0;
    for (let row = from; row < to; row++) {
      const place = places ? places[row]! : row;
      if (mask !== undefined && mask[place] === 0) continue;
      let cell = first ? first.numberOf[first.ids[place]!]! : 0;
      if (second) cell = cell * width + second.numberOf[second.ids[place]!]!;
      const count = table[cell]!;
      if (count === 0) size++;
      table[cell] = count + 1;
    }
    this.size += size;
  }

  /** Adds an amount to one cell; there must be room for its numbers. */
  addCell([first = 0, second = 0]: readonly number[], at: number | undefined, amount: number): void {
    const table = this.#tableOf(at);
    const cell = first * this.#width + second;
    if (table[cell] === 0 && amount > 0) this.size++;
    table[cell]! += amount;
  }

  /** Calls `each` with the numbers, time and count of every cell that is not zero. */
  forEach(fields: number, each: (numbers: readonly number[], at: number | undefined, count: number) => void): void {
    for (const [at, table] of this.#tables) {
      for (let cell = 0; cell < table.length; cell++) {
        if (table[cell] === 0) continue;
        const numbers = [Math.floor(cell / this.#width), cell % this.#width].slice(0, fields);
        each(numbers, at, table[cell]!);
      }
    }
  }

  #tableOf(at: number | undefined): Float64Array {
    let table = this.#tables.get(at);
    if (!table) {
      table = new Float64Array(this.#height * this.#width);
      this.#tables.set(at, table);
    }
    return table;
  }

  #resize(height: number, width: number): void {
    for (const [at, old] of this.#tables) {
      const table = new Float64Array(height * width);
      for (let row = 0; row < this.#height; row++) {
        table.set(old.subarray(row * this.#width, (row + 1) * this.#width), row * width);
      }
      this.#tables.set(at, table);
    }
    this.#height = height;
    this.#width = width;
  }
}

function roomFor(room: number, wanted: number): number {
  let more = room;
  while (more < wanted) more *= 2;
  return more;
}
