import type { Clock } from '../base/clock.ts';
import { decodeId } from '../model/id.ts';

/** How long nodes are waited for, ms: one that has died holds nothing back any longer than this. */
const PATIENCE_MS = 30_000;
/** How far apart two looks at a node are that tell its pace, ms. */
const PACE_MS = 5000;
/** A node that stores so many times as fast as lines arrive is catching up, and will be there. */
const CATCHING_UP = 2;

/** A node at an earlier look. */
type Seen = {
  readonly id: string;
  /** Since when it has been there, and when its pace was last taken, ms that pass. */
  readonly since: number;
  readonly pacedAt: number;
  readonly pacedFrom: number;
  readonly catchingUp: boolean;
};

/**
 * Which nodes a judgement waits for, told by how far each has stored at one look and the next: none that says nothing
 * new for 30 s, and longer than 30 s only those that catch up, as after hours without the store. A node whose clock is
 * wrong lags for ever and does not.
 */
export class Watermark {
  readonly #elapsed: Clock;
  readonly #seen = new Map<number, Seen>();

  /** @param elapsed ms that pass, from any beginning */
  constructor(elapsed: Clock = () => performance.now()) {
    this.#elapsed = elapsed;
  }

  /**
   * Whether all that arrived before `at` (ms) is stored, of every node that is worth waiting for.
   * @param visible ids up to which everything is stored, one for every node. @param now the wall clock, ms
   */
  passed(at: number, visible: readonly string[], now: number): boolean {
    let passed = true;
    for (const id of visible) {
      const { node, receivedAt } = decodeId(id)!;
      const seen = this.#look(node, id, receivedAt);
      if (receivedAt < at && this.#isAwaited(seen, now - at)) passed = false;
    }
    return passed;
  }

  #isAwaited({ since, catchingUp }: Seen, age: number): boolean {
    return this.#elapsed() - since < PATIENCE_MS && (age < PATIENCE_MS || catchingUp);
  }

  #look(node: number, id: string, receivedAt: number): Seen {
    const now = this.#elapsed();
    const before = this.#seen.get(node);
    // Nobody knows yet whether it will.
    let seen: Seen = before ?? { id, since: now, pacedAt: now, pacedFrom: receivedAt, catchingUp: true };
    if (seen.id !== id) seen = { ...seen, id, since: now };
    if (now - seen.pacedAt >= PACE_MS) {
      const catchingUp = receivedAt - seen.pacedFrom >= CATCHING_UP * (now - seen.pacedAt);
      seen = { ...seen, pacedAt: now, pacedFrom: receivedAt, catchingUp };
    }
    this.#seen.set(node, seen);
    return seen;
  }
}
