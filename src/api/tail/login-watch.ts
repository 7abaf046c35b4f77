import { CordwoodError } from '../../base/errors.ts';
import { SECOND } from '../../base/units.ts';
import { type Caller, includes } from '../access/caller.ts';
import type { Asked } from '../world.ts';

/** How often the login is checked, ms. */
const CHECK_MS = 5 * SECOND;

/** Aborts when the login of an answer under way ends, or may see other messages than before. */
export class LoginWatch implements Disposable {
  readonly #ended = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(asked: Pick<Asked, 'request' | 'reply' | 'world' | 'caller'>) {
    this.#timer = setInterval(() => {
      if (isSame(asked.caller!, callerNow(asked))) return;
      clearInterval(this.#timer);
      const remedy = 'log in again, or send a valid token';
      this.#ended.abort(new CordwoodError('ERR_UNREACHABLE', `cannot go on: the login has ended; ${remedy}`));
    }, CHECK_MS).unref();
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

function callerNow({ request, reply, world }: Pick<Asked, 'request' | 'reply' | 'world'>): Caller | undefined {
  try {
    return world.callers.identify(request, reply);
  } catch {
    // The next request of the client is told why.
    return undefined;
  }
}

function isSame({ only }: Caller, now: Caller | undefined): boolean {
  return now !== undefined && includes(now.role, 'read') && now.only?.query === only?.query;
}
