import type { Caller } from '../access/caller.ts';
import { Refused } from '../problem.ts';

/** Open tails, at most: in all, of one session of a browser, and of one token. */
const MOST = 32;
/** A browser opens six connections to a host, for all its tabs together. */
const OF_SESSION = 4;
const OF_TOKEN = 16;

/** Counts the answers that go on until their client hangs up. */
export class Tails {
  readonly #open = new Map<string, number>();
  #count = 0;

  /** Begins a tail; disposing of the result ends it. @throws Refused ERR_BUSY if too many are open */
  enter({ name, way, session = '' }: Caller): Disposable {
    const key = JSON.stringify([way, name, session]);
    const own = this.#open.get(key) ?? 0;
    const most = way === 'token' ? OF_TOKEN : OF_SESSION;
    if (own >= most) {
      const whose = way === 'token' ? `the token ${name}` : 'this login';
      throw busy(`${whose} follows ${own} times already; close one of its tabs or programs`);
    }
    if (this.#count >= MOST) throw busy(`${this.#count} clients follow already; close one of them`);
    this.#open.set(key, own + 1);
    this.#count++;
    return { [Symbol.dispose]: () => this.#leave(key) };
  }

  #leave(key: string): void {
    const left = this.#open.get(key)! - 1;
    if (left === 0) this.#open.delete(key);
    else this.#open.set(key, left);
    this.#count--;
  }
}

function busy(reason: string): Refused {
  return new Refused('ERR_BUSY', `cannot follow: ${reason}`);
}
