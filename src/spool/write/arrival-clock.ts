/**
 * The clock that gives messages their time of arrival. It never steps back: it follows the wall
 * clock forward, and after the wall clock was set back it runs at half speed until the wall clock
 * has caught up.
 */
export class ArrivalClock {
  #value: number;
  #wall: number;

  /** @param start no arrival will be earlier, ms @param wall the wall clock now, ms */
  constructor(start: number, wall: number) {
    this.#value = start;
    this.#wall = wall;
  }

  /** The time of arrival when the wall clock shows `wall`, in whole ms. */
  read(wall: number): number {
    if (wall >= this.#value) this.#value = wall;
    else if (wall > this.#wall) this.#value += (wall - this.#wall) / 2;
    this.#wall = wall;
    return Math.floor(this.#value);
  }

  /** The last time that `read` returned, or the start. */
  get last(): number {
    return Math.floor(this.#value);
  }
}
