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
/** Where the disk is behind, so long at most. */
const HELD_BACK_MS = 5000;
const LOOK_MS = 10;

export type Senders = {
  readonly received: () => number;
  /** Whether none is left to wait for. */
  readonly isDone: () => boolean;
  /** Whether one waits for us, instead of the other way round. */
  readonly isHeldBack: () => boolean;
};

/** Resolves when all senders have gone, or send nothing for a moment, or go on for too long. */
export async function lingered({ received, isDone, isHeldBack }: Senders, signal: AbortSignal): Promise<void> {
  const began = performance.now();
  let before = received();
  for (let quietAt = began + QUIET_MS; !isDone() && !signal.aborted; ) {
    await sleep(LOOK_MS);
    const now = performance.now();
    const heldBack = isHeldBack();
    if (now - began >= (heldBack ? HELD_BACK_MS : LINGER_MS)) return;
    if (heldBack || received() !== before) quietAt = now + QUIET_MS;
    else if (now >= quietAt) return;
    before = received();
  }
}
