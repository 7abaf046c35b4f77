import { getPriority, setPriority } from 'node:os';
import { isMainThread } from 'node:worker_threads';

/** The lowest priority there is: sched(7), "nice". */
const LOWEST = 19;

/**
 * Lets other threads go first while all of the machine's processors are busy. On Linux, a priority is that of a thread;
 * threads that this one starts inherit it. Elsewhere it would be that of the whole process: nothing changes there.
 * @param steps each leaves the thread about a fifth less of a contended processor
 */
export function lowerThreadPriority(steps: number): void {
  if (process.platform !== 'linux' || isMainThread) return;
  try {
    setPriority(0, Math.min(LOWEST, getPriority(0) + steps));
  } catch {
    // A sandbox may forbid it: then the thread competes as before.
  }
}
