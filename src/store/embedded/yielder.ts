import { setImmediate as nextTurn } from 'node:timers/promises';

/** ms of work after which others have their turn: about two blocks that are read whole. */
const SLICE = 4;

/** Keeps a long scan from holding its thread: everything else that waits runs between two slices of it. */
export class Yielder {
  #since = performance.now();

  due(): boolean {
    return performance.now() - this.#since >= SLICE;
  }

  async yield(): Promise<void> {
    await nextTurn();
    this.#since = performance.now();
  }
}
