import type { Counters } from '../base/counters.ts';
import type { VisibleCell } from '../model/visible.ts';
import type { OpenSpool } from '../spool/index.ts';

export type HealthParts = {
  readonly spool: OpenSpool;
  readonly counters: Counters;
  readonly visible: VisibleCell;
  /** What the start waits for; undefined once all threads serve. */
  readonly waiting: () => string | undefined;
};

/** Whether the server is ready, and if not, why; as the main thread sees it. */
export class Health implements Disposable {
  readonly #parts: HealthParts;
  /** The last message that an earlier run left in the spool. */
  readonly #lastEarlier: number;
  #disposed = false;

  constructor(parts: HealthParts) {
    this.#parts = parts;
    this.#lastEarlier = parts.spool.recovered.lastSequence;
  }

  /** Whether every message that an earlier run left in the spool is visible. */
  get isReplayed(): boolean {
    return (this.#parts.visible.position?.sequence ?? 0) >= this.#lastEarlier;
  }

  /** Calls `then` once `isReplayed` is true, unless disposed of before. */
  onReplayed(then: () => void): void {
    void this.#awaitReplay().then((isReplayed) => isReplayed && then());
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
  }

  async #awaitReplay(): Promise<boolean> {
    const { visible } = this.#parts;
    for (;;) {
      const { version } = visible;
      if (this.#disposed || this.isReplayed) return !this.#disposed;
      await visible.changed(version, 500);
    }
  }

  /** Why the server is not ready, each reason with its effect; empty if it is ready. */
  get unready(): string[] {
    const { spool, counters } = this.#parts;
    const reasons: string[] = [];
    const waiting = this.#parts.waiting();
    if (waiting !== undefined) reasons.push(waiting);
    if (spool.failed !== undefined) reasons.push(`cannot write to the spool: ${spool.failed}`);
    else if (spool.full) reasons.push('the spool is full: its messages are not stored yet');
    if (counters.get('writer.failing') > 0) reasons.push('the store refuses messages: they wait in the spool');
    if (!this.isReplayed) reasons.push('messages of an earlier run are still being stored');
    return reasons;
  }
}
