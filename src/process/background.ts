import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { basename } from 'node:path';

/** More of nice(2): a thread without it gets three times the processor time of one with it, if both want it. */
const NICE = 5;
/** The lowest priority there is. */
const NICEST = 19;

/**
 * Gives the calling thread a lower priority: what comes in and who asks go first. Linux alone has priorities of
 * threads; elsewhere this does nothing.
 */
export function runInBackground(): void {
  try {
    const thread = Number(basename(readlinkSync('/proc/thread-self')));
    setPriority(thread, Math.min(NICEST, getPriority(thread) + NICE));
  } catch {
    // No such file, or a sandbox that forbids it: the thread runs on as it is.
  }
}
