/** Most runs of a queue: both ends are in one number. */
export const MOST_RUNS = 0x7fff;

const ENDS = 0;
const STOPPED = 1;
const FIELDS = 2;

/**
 * Runs of blocks that several threads read, each run by one of them: the reader takes them from the
 * front, other threads from the back, so that each finds in its caches what it read before.
 */
export class RunQueue {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  /** Run → number of the thread that took it, 0 for the reader. */
  readonly #takers: Uint8Array;

  /** @param of the number of runs, at most `MOST_RUNS`, or the memory of a queue of another thread */
  constructor(of: number | SharedArrayBuffer) {
    this.memory = typeof of === 'number' ? new SharedArrayBuffer(FIELDS * 4 + of) : of;
    this.#words = new Int32Array(this.memory, 0, FIELDS);
    this.#takers = new Uint8Array(this.memory, FIELDS * 4);
    if (typeof of === 'number') this.#words[ENDS] = of << 16;
  }

  /** Runs that no thread has taken. */
  get left(): number {
    const ends = Atomics.load(this.#words, ENDS);
    return (ends >> 16) - (ends & 0xffff);
  }

  /** The next run for the reader; undefined if all are taken, or it was stopped. */
  takeFirst(): number | undefined {
    return this.#take((from, to) => [from, from + 1, to]);
  }

  /** The next run for another thread, whose number is from 1. */
  takeLast(taker: number): number | undefined {
    const run = this.#take((from, to) => [to - 1, from, to - 1]);
    if (run !== undefined) Atomics.store(this.#takers, run, taker);
    return run;
  }

  /** The runs that a thread took. */
  takenBy(taker: number): number[] {
    return [...this.#takers.keys()].filter((run) => Atomics.load(this.#takers, run) === taker);
  }

  /** Ends the work of all threads after their current block. */
  stop(): void {
    Atomics.store(this.#words, STOPPED, 1);
  }

  get stopped(): boolean {
    return Atomics.load(this.#words, STOPPED) === 1;
  }

  #take(choose: (from: number, to: number) => readonly [run: number, from: number, to: number]): number | undefined {
    for (;;) {
      const ends = Atomics.load(this.#words, ENDS);
      const [from, to] = [ends & 0xffff, ends >> 16];
      if (from >= to || this.stopped) return undefined;
      const [run, newFrom, newTo] = choose(from, to);
      if (Atomics.compareExchange(this.#words, ENDS, ends, (newTo << 16) | newFrom) === ends) return run;
    }
  }
}
