import { readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { basename } from 'node:path';

/**
 * Has the calling thread give way to the other ones: it works in what time they leave. With Linux, a nice value is that of
 * a thread (setpriority(2), section "C library/kernel differences"). If that is not allowed, nothing changes.
 */
export function giveWay(): void {
  try {
    // Synchronous, so it is answered in this thread.
    const id = Number(basename(readlinkSync('/proc/thread-self')));
    setPriority(
      id,
      Math.min(constants.priority.PRIORITY_LOW, getPriority() + constants.priority.PRIORITY_BELOW_NORMAL),
    );
  } catch {
    // A service manager may forbid it, and /proc may be hidden.
  }
}
