import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

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

/** Senders that were told that we go are read for so long, ms: as long as any of them sends, and at most. */
const QUIET_MS = 200;
const LINGER_MS = 1000;
const LOOK_MS = 10;

/** Resolves when all senders have gone, or send nothing for a moment, or go on for too long. */
export async function lingered(
  { received, isDone }: { received: () => number; isDone: () => boolean },
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + LINGER_MS;
  let before = received();
  for (let quietAt = performance.now() + QUIET_MS; !isDone() && !signal.aborted; ) {
    await sleep(LOOK_MS);
    const now = performance.now();
    if (now >= deadline) return;
    if (received() !== before) quietAt = now + QUIET_MS;
    else if (now >= quietAt) return;
    before = received();
  }
}
