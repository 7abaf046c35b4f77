/**
 * The clock that stamps arrivals. It never steps back: it follows the wall clock forward, and after a backward step
 * runs at half speed until the wall has caught up.
 */
export class ArrivalClock {
  #value: number;
  #wall: number;

  /** @param start ms: no stamp will be lower. @param wall the wall clock now, ms */
  constructor(start: number, wall: number) {
    this.#value = start;
    this.#wall = wall;
  }

  /** The stamp for what arrives while the wall clock shows `wall`; whole ms. */
  read(wall: number): number {
    if (wall >= this.#value) this.#value = wall;
    else if (wall > this.#wall) this.#value += (wall - this.#wall) / 2;
    this.#wall = wall;
    return Math.floor(this.#value);
  }

  /** The last stamp given out, or the start. */
  get last(): number {
    return Math.floor(this.#value);
  }
}
