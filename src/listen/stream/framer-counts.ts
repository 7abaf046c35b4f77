import type { Framer } from '../../frame/index.ts';
import type { ListenerCounters } from '../shared/counters.ts';

/** Adds the counts of one framer to the counters of its listener. */
export class FramerCounts {
  readonly #framer: Framer;
  readonly #counters: ListenerCounters;
  /** The framer's counts that are already added. */
  #oversize = 0;
  #empty = 0;
  #counted = 0;
  #partialDropped = 0;
  #misframed = 0;

  constructor(framer: Framer, counters: ListenerCounters) {
    this.#framer = framer;
    this.#counters = counters;
  }

  /** Adds what the framer has counted since the last call. */
  update(): void {
    const counters = this.#counters;
    const { oversize, empty, counted, partialDropped, misframed } = this.#framer;
    if (oversize !== this.#oversize) counters.truncated.add(oversize - this.#oversize);
    if (counted !== this.#counted) counters['received.counted'].add(counted - this.#counted);
    if (empty !== this.#empty) counters['dropped.empty'].add(empty - this.#empty);
    if (partialDropped !== this.#partialDropped) counters['dropped.partial'].add(partialDropped - this.#partialDropped);
    if (misframed !== this.#misframed) counters['received.misframed'].add(misframed - this.#misframed);
    this.#oversize = oversize;
    this.#empty = empty;
    this.#counted = counted;
    this.#partialDropped = partialDropped;
    this.#misframed = misframed;
  }
}
