import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** Longest wait for quiet, ms: a sender that never pauses must not keep a listener from closing. */
const MAX_UNTIL_QUIET_MS = 250;

/**
 * Resolves when two turns of the event loop in a row received nothing: everything that had reached this machine is read
 * then. @param received returns a count that grows with everything received
 */
export async function untilQuiet(received: () => number, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + MAX_UNTIL_QUIET_MS;
  let quietTurns = 0;
  while (quietTurns < 2 && performance.now() < deadline && !signal.aborted) {
    const before = received();
    await nextTurn();
    quietTurns = received() === before ? quietTurns + 1 : 0;
  }
}

/** After the close notice, keep reading until senders are quiet for `QUIET_MS`, and for at most `LINGER_MS`. */
const QUIET_MS = 200;
const LINGER_MS = 1000;
/** Limit instead of `LINGER_MS` while the disk is behind and senders wait for this server. */
const HELD_BACK_MS = 5000;
const POLL_MS = 10;

/** The senders of one listener, as `untilSendersStop` sees them. */
export type Senders = {
  /** A count that grows with everything received. */
  readonly received: () => number;
  /** Whether no sender is left to wait for. */
  readonly isDone: () => boolean;
  /** Whether a sender waits for this server rather than the other way round. */
  readonly isHeldBack: () => boolean;
};

/** Resolves when all senders have disconnected or gone quiet, or the limit has passed, or `signal` is aborted. */
export async function untilSendersStop(senders: Senders, signal: AbortSignal): Promise<void> {
  const { received, isDone, isHeldBack } = senders;
  const began = performance.now();
  let before = received();
  for (let quietAt = began + QUIET_MS; !isDone() && !signal.aborted; ) {
    await sleep(POLL_MS);
    const now = performance.now();
    const heldBack = isHeldBack();
    if (now - began >= (heldBack ? HELD_BACK_MS : LINGER_MS)) return;
    if (heldBack || received() !== before) quietAt = now + QUIET_MS;
    else if (now >= quietAt) return;
    before = received();
  }
}
