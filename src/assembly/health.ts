import type { Counters } from '../base/counters.ts';
import type { VisibleCell } from '../model/visible.ts';
import type { OpenSpool } from '../spool/index.ts';

export type HealthParts = {
  readonly spool: OpenSpool;
  readonly counters: Counters;
  readonly visible: VisibleCell;
  /** What keeps the start waiting; undefined once all parts serve. */
  readonly waiting: () => string | undefined;
};

/** Whether the server can be relied on, as the main thread sees it. */
export class Health implements Disposable {
  readonly #parts: HealthParts;
  /** What an earlier run left in the spool ends here. */
  readonly #left: number;
  #disposed = false;

  constructor(parts: HealthParts) {
    this.#parts = parts;
    this.#left = parts.spool.recovered.lastSequence;
  }

  /** Whether all that an earlier run left in the spool is stored and found. */
  get isReplayed(): boolean {
    return (this.#parts.visible.position?.sequence ?? 0) >= this.#left;
  }

  /** Calls back once it is, unless disposed of before. */
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

  /** Why it cannot be relied on, each with what goes on meanwhile; empty where it can. */
  get unready(): string[] {
    const { spool, counters } = this.#parts;
    const reasons: string[] = [];
    const waiting = this.#parts.waiting();
    if (waiting !== undefined) reasons.push(waiting);
    if (spool.failed !== undefined) reasons.push(`the spool cannot be written: ${spool.failed}`);
    else if (spool.full) reasons.push('the spool is full: what it holds is not stored yet');
    if (counters.get('writer.failing') > 0) reasons.push('the store refuses messages: the spool keeps what comes in');
    if (!this.isReplayed) reasons.push('what an earlier run left in the spool is still being stored');
    return reasons;
  }
}
