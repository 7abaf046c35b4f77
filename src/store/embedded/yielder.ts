/** ms of work before the thread is yielded: about two blocks that are read completely. */
const SLICE = 4;

/** Scans that wait for their next slice. */
const waiting: (() => void)[] = [];

/**
 * Lets one waiting scan go on in each turn of the event loop. So however many scans run, everything
 * else waits for one slice at most.
 */
function admit(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(admit);
}

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
    const { promise, resolve } = Promise.withResolvers<void>();
    if (waiting.push(resolve) === 1) setImmediate(admit);
    await promise;
    this.#since = performance.now();
  }
}
