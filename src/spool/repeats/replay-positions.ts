import type { SessionHistory } from './session-history.ts';

/** Places that are followed at once; more are those of a sender that repeats itself all the time. */
const MOST = 1024;

/** Where in earlier sessions the next frame of a session would be found again, if it goes on repeating them. */
export class ReplayPositions {
  readonly #histories: SessionHistory[] = [];
  readonly #numbers: number[] = [];

  /** Everywhere that this frame is found in these sessions, those given first coming first, up to a limit. */
  static of(histories: Iterable<SessionHistory>, frame: number): ReplayPositions {
    const places = new ReplayPositions();
    for (const history of histories) {
      for (const number of history.find(frame)) {
        if (places.#numbers.length === MOST) return places;
        places.#histories.push(history);
        places.#numbers.push(number);
      }
    }
    return places;
  }

  get count(): number {
    return this.#numbers.length;
  }

  /** Keeps the places where this frame is found, which move on by one. Called for each frame: in place. */
  follow(frame: number): void {
    const [histories, numbers] = [this.#histories, this.#numbers];
    let kept = 0;
    for (let place = 0; place < numbers.length; place++) {
      const history = histories[place]!;
      const number = numbers[place]!;
      if (history.at(number) !== frame) continue;
      histories[kept] = history;
      numbers[kept++] = number + 1;
    }
    histories.length = kept;
    numbers.length = kept;
  }
}
