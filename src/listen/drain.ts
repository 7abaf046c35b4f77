import { setImmediate as nextTurn } from 'node:timers/promises';

/** A sender that never stops must not keep us from closing. */
const LONGEST = 250;

/** Resolves when two turns of the event loop in a row have brought nothing: what reached this machine is read. */
export async function drained(received: () => number, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + LONGEST;
  let quiet = 0;
  while (quiet < 2 && performance.now() < deadline && !signal.aborted) {
    const before = received();
    await nextTurn();
    quiet = received() === before ? quiet + 1 : 0;
  }
}
