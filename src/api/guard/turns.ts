import { Semaphore } from '../../base/semaphore.ts';
import { Refused } from '../problem.ts';

/** Searches of one user at work, and waiting. A page of a browser asks some at once. */
const AT_ONCE = 4;
const MAX_WAITING = 32;

/** Lets each user search a few times at once: further searches wait, and one who asks without end is refused. */
export class Turns {
  readonly #users = new Map<string, { readonly turns: Semaphore; using: number }>();

  /** Resolves with a turn of the user. @throws Refused ERR_BUSY if too many of its searches wait, or the signal's reason */
  async acquire(user: string, signal: AbortSignal): Promise<Disposable> {
    const own = this.#users.get(user) ?? { turns: new Semaphore(AT_ONCE), using: 0 };
    if (own.turns.waiting >= MAX_WAITING) {
      throw new Refused('ERR_BUSY', `cannot answer: ${MAX_WAITING} searches of ${user} wait already`);
    }
    this.#users.set(user, own);
    own.using++;
    const leave = (): void => {
      own.using--;
      if (own.using === 0) this.#users.delete(user);
    };
    try {
      const turn = await own.turns.acquire(signal);
      let held = true;
      return {
        [Symbol.dispose]: () => {
          if (!held) return;
          held = false;
          turn[Symbol.dispose]();
          leave();
        },
      };
    } catch (error) {
      leave();
      throw error;
    }
  }
}
