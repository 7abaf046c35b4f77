import type { Clock } from '../base/clock.ts';
import { SECOND } from '../base/units.ts';
import { decodeId } from '../model/id.ts';

/** A node that stores nothing new for this long is not waited for, ms: it has probably died. */
const PATIENCE_MS = 30 * SECOND;
/** Time over which the pace of a node is measured, ms. */
const PACE_MS = 5 * SECOND;
/** A node is catching up if it stores at least this many times as fast as messages arrive. */
const CATCHING_UP = 2;

/** What was last seen of a node. Times are of the monotonic clock, ms. */
type Progress = {
  readonly id: string;
  /** When `id` was first seen. */
  readonly since: number;
  /** When the pace was last measured, and the arrival that the node had stored up to then. */
  readonly pacedAt: number;
  readonly pacedFrom: number;
  readonly catchingUp: boolean;
};

/**
 * Decides how long a judgement waits until every node has stored the messages of its window. A node
 * that makes no progress for 30 s is not waited for; after 30 s, only nodes that are catching up
 * are, as after hours without the store. A node whose clock is wrong lags forever without catching
 * up, and so delays each judgement by 30 s at most.
 */
export class Watermark {
  readonly #elapsed: Clock;
  readonly #progress = new Map<number, Progress>();

  /** @param elapsed a monotonic clock, ms */
  constructor(elapsed: Clock = () => performance.now()) {
    this.#elapsed = elapsed;
  }

  /**
   * Whether everything that arrived before `at` (ms) is stored on each node that is worth waiting for.
   * @param visible for each node, the id up to which everything is stored
   * @param now the wall clock, ms
   */
  passed(at: number, visible: readonly string[], now: number): boolean {
    let passed = true;
    for (const id of visible) {
      const { node, receivedAt } = decodeId(id)!;
      const progress = this.#update(node, id, receivedAt);
      if (receivedAt < at && this.#isWorthWaiting(progress, now - at)) passed = false;
    }
    return passed;
  }

  #isWorthWaiting({ since, catchingUp }: Progress, waitedMs: number): boolean {
    return this.#elapsed() - since < PATIENCE_MS && (waitedMs < PATIENCE_MS || catchingUp);
  }

  #update(node: number, id: string, receivedAt: number): Progress {
    const now = this.#elapsed();
    // A new node counts as catching up until its pace is known.
    const fresh: Progress = { id, since: now, pacedAt: now, pacedFrom: receivedAt, catchingUp: true };
    let progress = this.#progress.get(node) ?? fresh;
    if (progress.id !== id) progress = { ...progress, id, since: now };
    if (now - progress.pacedAt >= PACE_MS) {
      const catchingUp = receivedAt - progress.pacedFrom >= CATCHING_UP * (now - progress.pacedAt);
      progress = { ...progress, pacedAt: now, pacedFrom: receivedAt, catchingUp };
    }
    this.#progress.set(node, progress);
    return progress;
  }
}
