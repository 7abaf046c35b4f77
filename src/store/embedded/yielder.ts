import { setImmediate as nextTick } from 'node:timers/promises';

/** ms of work before the thread is yielded: about two blocks that are read completely. */
const SLICE = 4;

/**
 * Keeps a long scan from blocking its thread: call `yield` whenever it is `due`, so that other work
 * runs.
 */
export class Yielder {
  #since = performance.now();

  due(): boolean {
    return performance.now() - this.#since >= SLICE;
  }

  async yield(): Promise<void> {
    await nextTick();
    this.#since = performance.now();
  }
}
