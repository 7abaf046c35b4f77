import type { SessionHistory } from './session-history.ts';

/**
 * The most positions that are followed at once; only a sender that repeats one message all the time
 * has more.
 */
const MAX_POSITIONS = 1024;

/** Positions in earlier sessions at which the next frame of a session is expected if it repeats them. */
export class ReplayPositions {
  readonly #histories: SessionHistory[] = [];
  readonly #numbers: number[] = [];

  /**
   * All positions of a fingerprint in these histories, up to the maximum; the first histories come
   * first.
   */
  static of(histories: Iterable<SessionHistory>, fingerprint: number): ReplayPositions {
    const positions = new ReplayPositions();
    for (const history of histories) {
      for (const number of history.find(fingerprint)) {
        if (positions.#numbers.length === MAX_POSITIONS) return positions;
        positions.#histories.push(history);
        positions.#numbers.push(number);
      }
    }
    return positions;
  }

  get count(): number {
    return this.#numbers.length;
  }

  /**
   * Keeps the positions that have this fingerprint, and moves them on by one. Called for each
   * frame: works in place.
   */
  follow(fingerprint: number): void {
    const [histories, numbers] = [this.#histories, this.#numbers];
    let kept = 0;
    for (let position = 0; position < numbers.length; position++) {
      const history = histories[position]!;
      const number = numbers[position]!;
      if (history.at(number) !== fingerprint) continue;
      histories[kept] = history;
      numbers[kept++] = number + 1;
    }
    histories.length = kept;
    numbers.length = kept;
  }
}
